/** `items`, `additionalItems`, `minItems`, `maxItems` and `uniqueItems`. */
import { BsonType, countElements, type RawValue, skipCString, valueSize } from '@gantry/bson'
import { valuesOf } from '../elements.js'
import type { ValueTest } from '../filter.js'
import {
  booleanOperand,
  countOperand,
  type KeywordParser,
  mismatch,
  type SchemaScope,
} from './keyword.js'
import { keyOf } from './types.js'

export const parseItems: KeywordParser = (operand, { keyword, subschema }) => {
  if (operand.type === BsonType.array) {
    const tests = valuesOf(operand).map(subschema)
    return ofArrays((buf, array) => everyItem(buf, array, (index) => tests[index]))
  }
  if (operand.type !== BsonType.object) {
    throw mismatch(keyword, 'an array or an object', operand)
  }
  const test = subschema(operand)
  return ofArrays((buf, array) => everyItem(buf, array, () => test))
}

/** Speaks of the items behind those that an array of `items` names, so of none without one. */
export const parseAdditionalItems: KeywordParser = (operand, scope) => {
  const test = additional(operand, scope)
  const items = scope.siblings.get('items')
  if (items?.type !== BsonType.array) return undefined
  const named = valuesOf(items).length
  return ofArrays((buf, array) =>
    everyItem(buf, array, (index) => (index < named ? undefined : test)),
  )
}

/** The test that a boolean or a schema stands for where either may. */
export function additional(operand: RawValue, { keyword, subschema }: SchemaScope): ValueTest {
  if (operand.type === BsonType.bool) {
    const allowed = booleanOperand(operand, keyword)
    return () => allowed
  }
  if (operand.type !== BsonType.object) throw mismatch(keyword, 'a boolean or an object', operand)
  return subschema(operand)
}

export const parseMinItems: KeywordParser = (operand, { keyword }) => {
  const least = countOperand(operand, keyword)
  return ofArrays((buf, array) => countElements(buf, array) >= least)
}

export const parseMaxItems: KeywordParser = (operand, { keyword }) => {
  const most = countOperand(operand, keyword)
  return ofArrays((buf, array) => countElements(buf, array) <= most)
}

export const parseUniqueItems: KeywordParser = (operand, { keyword }) => {
  if (!booleanOperand(operand, keyword)) return undefined
  return ofArrays((buf, array) => {
    const seen = new Set<string>()
    return everyItem(buf, array, () => (_buf, type, at) => {
      const size = seen.size
      return seen.add(keyOf(buf, type, at)).size > size
    })
  })
}

function ofArrays(test: (buf: Buffer, array: number) => boolean): ValueTest {
  return (buf, type, at) => type !== BsonType.array || test(buf, at)
}

/** Whether each item passes its test, those without one in any case. */
function everyItem(
  buf: Buffer,
  array: number,
  testOf: (index: number) => ValueTest | undefined,
): boolean {
  let at = array + 4
  for (let index = 0, type = buf[at]; type !== 0; index++, type = buf[at]) {
    const value = skipCString(buf, at + 1)
    if (testOf(index)?.(buf, type, value) === false) return false
    at = value + valueSize(buf, type, value)
  }
  return true
}
