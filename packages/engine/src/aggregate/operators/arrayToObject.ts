/** `$arrayToObject` and `$objectToArray`. */
import type { Doc, Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { isNullish, typeName } from '../values.js'
import { type OperatorParser, unary } from './arguments.js'

/** A document of `[name, value]` pairs or `{ k, v }` documents; all of one form. */
export const arrayToObject: OperatorParser = unary((array) => {
  if (isNullish(array)) return null
  if (!Array.isArray(array)) {
    throw new CommandError(
      40386,
      `$arrayToObject requires an array input, found: ${typeName(array)}`,
    )
  }
  const result: Doc = new Map()
  if (array.length === 0) return result
  if (Array.isArray(array[0])) for (const pair of array) addPair(result, pair)
  else if (array[0] instanceof Map) for (const item of array) addKeyValue(result, item)
  else {
    throw new CommandError(
      40398,
      `Unrecognised input type format for $arrayToObject: ${typeName(array[0])}`,
    )
  }
  return result
})

function addPair(result: Doc, pair: Value): void {
  if (!Array.isArray(pair)) {
    throw new CommandError(
      40396,
      `$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. Array was detected, now found: ${typeName(pair)}`,
    )
  }
  if (pair.length !== 2) {
    throw new CommandError(
      40397,
      `$arrayToObject requires an array of size 2 arrays,found array of size: ${pair.length}`,
    )
  }
  const [name, value] = pair
  if (typeof name !== 'string') {
    throw new CommandError(
      40395,
      `$arrayToObject requires an array of key-value pairs, where the key must be of type string. Found key type: ${typeName(name)}`,
    )
  }
  if (name.includes('\0')) {
    throw new CommandError(4940400, 'Key field cannot contain an embedded null byte')
  }
  result.set(name, value)
}

function addKeyValue(result: Doc, item: Value): void {
  if (!(item instanceof Map)) {
    throw new CommandError(
      40391,
      `$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. Object was detected, now found: ${typeName(item)}`,
    )
  }
  if (item.size !== 2) {
    throw new CommandError(
      40392,
      `$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect number of keys:${item.size}`,
    )
  }
  const name = item.get('k')
  const value = item.get('v')
  if (name === undefined || value === undefined) {
    throw new CommandError(
      40393,
      `$arrayToObject requires an object with keys 'k' and 'v'. Missing either or both keys from: ${[...item.keys()].join(', ')}`,
    )
  }
  if (typeof name !== 'string') {
    throw new CommandError(
      40394,
      `$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' must be of type string. Found type: ${typeName(name)}`,
    )
  }
  if (name.includes('\0')) {
    throw new CommandError(4940401, 'Key field cannot contain an embedded null byte')
  }
  result.set(name, value)
}

export const objectToArray: OperatorParser = unary((document) => {
  if (isNullish(document)) return null
  if (!(document instanceof Map)) {
    throw new CommandError(
      40390,
      `$objectToArray requires a document input, found: ${typeName(document)}`,
    )
  }
  return [...document].map(
    ([name, value]) =>
      new Map<string, Value>([
        ['k', name],
        ['v', value],
      ]),
  )
})
