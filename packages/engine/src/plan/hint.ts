import {
  compareValues,
  Decimal128,
  Double,
  decodeValue,
  type RawValue,
  type Value,
} from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import type { Index } from '../catalog/index-definition.js'
import { CommandError } from '../errors.js'

/** What the caller demands instead of leaving the choice to the planner. */
export type Hint =
  | { readonly kind: 'index'; readonly index: Index }
  | { readonly kind: 'natural'; readonly reverse: boolean }

/** Finds what a hint names: an index by its name or its key pattern, or natural order. */
export function findHint(collection: Collection, hint: RawValue | undefined): Hint | undefined {
  if (!hint) return undefined
  const wanted = decodeValue(hint.buf, hint.type, hint.at)
  if (wanted instanceof Map) {
    if (wanted.size === 0) return undefined
    const natural = wanted.get('$natural')
    if (natural !== undefined) {
      const reverse = isReverse(natural)
      if (wanted.size > 1) throw badHint('$natural hint cannot be combined with other fields')
      return { kind: 'natural', reverse }
    }
  }
  const index = collection.indexes.find((candidate) => isNamed(candidate, wanted))
  if (!index || index.building) {
    throw new CommandError(
      'BadValue',
      'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
    )
  }
  return { kind: 'index', index }
}

function isNamed(index: Index, wanted: Value): boolean {
  if (typeof wanted === 'string') return index.name === wanted
  return compareValues(index.spec.get('key'), wanted) === 0
}

function isReverse(direction: Value): boolean {
  const number = direction instanceof Double ? direction.value : direction
  const isNumber = ['number', 'bigint'].includes(typeof number) || number instanceof Decimal128
  if (isNumber && Number(String(number)) === 1) return false
  if (isNumber && Number(String(number)) === -1) return true
  throw badHint('$natural hint must be 1 or -1')
}

function badHint(message: string): CommandError {
  return new CommandError('BadValue', message)
}
