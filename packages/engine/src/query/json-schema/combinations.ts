/** `allOf`, `anyOf`, `oneOf` and `not`. */
import type { RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import type { ValueTest } from '../filter.js'
import { arrayOperand, type KeywordParser, type SchemaScope } from './keyword.js'

export const parseAllOf: KeywordParser = (operand, scope) => {
  const tests = subschemas(operand, scope)
  return (buf, type, at) => tests.every((test) => test(buf, type, at))
}

export const parseAnyOf: KeywordParser = (operand, scope) => {
  const tests = subschemas(operand, scope)
  return (buf, type, at) => tests.some((test) => test(buf, type, at))
}

export const parseOneOf: KeywordParser = (operand, scope) => {
  const tests = subschemas(operand, scope)
  return (buf, type, at) => tests.filter((test) => test(buf, type, at)).length === 1
}

export const parseNotSchema: KeywordParser = (operand, { subschema }) => {
  const test = subschema(operand)
  return (buf, type, at) => !test(buf, type, at)
}

function subschemas(operand: RawValue, { keyword, subschema }: SchemaScope): ValueTest[] {
  const schemas = arrayOperand(operand, keyword)
  if (schemas.length === 0) {
    throw new CommandError('BadValue', `$jsonSchema keyword '${keyword}' must be a non-empty array`)
  }
  return schemas.map(subschema)
}
