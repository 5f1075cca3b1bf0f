import { BsonType, type RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf } from '../elements.js'
import { type DocumentPredicate, ELEMENT_PATH, type ValueTest } from '../filter.js'
import { isOperatorDocument } from '../operator-document.js'
import { someOfArray } from '../path-walk.js'
import type { OperatorParser } from './operator.js'

/** Operators that begin a filter of the element's fields, not of the element itself. */
const filterOperators = new Set(['$and', '$or', '$nor', '$where'])

export const parseElemMatch: OperatorParser = (operand, { path, parser }) => {
  if (operand.type !== BsonType.object) {
    throw new CommandError('BadValue', '$elemMatch needs an Object')
  }
  if (isValueForm(operand)) {
    return {
      kind: 'elemMatchValue',
      path,
      clauses: parser.predicates(operand, ELEMENT_PATH),
    }
  }
  return { kind: 'elemMatchObject', path, filter: parser.elementFilter(operand) }
}

function isValueForm(operand: RawValue): boolean {
  if (!isOperatorDocument(operand, true)) return false
  return !filterOperators.has(elementsOf(operand.buf, operand.at)[0].name)
}

/** Arrays in the array count as documents whose names are the positions. */
export function testElemMatchObject(matches: DocumentPredicate): ValueTest {
  const test: ValueTest = (buf, type, at) =>
    (type === BsonType.object || type === BsonType.array) && matches(buf, at)
  return testElemMatchValue(test)
}

export function testElemMatchValue(test: ValueTest): ValueTest {
  return (buf, type, at) => type === BsonType.array && someOfArray(buf, at, test)
}
