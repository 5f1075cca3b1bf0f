import { type Doc, KeyWriter, type RawValue, type Value } from '@gantry/bson'
import { prefixKey } from '../catalog/entries.js'
import type { Index } from '../catalog/index-definition.js'
import { CommandError } from '../errors.js'
import { elementsOf } from '../query/elements.js'
import { type Interval, successor } from './intervals.js'

/** What `min` and `max` of a query say: keys of the hinted index, the upper one left out. */
export interface KeyRange {
  readonly min?: RawValue
  readonly max?: RawValue
}

/** The keys of an index that a range leaves. */
export function keysWithin(index: Index, { min, max }: KeyRange): Interval {
  const all = prefixKey(index.id)
  const low = min ? keyOf(index, min, 'min') : all
  const high = max ? keyOf(index, max, 'max') : successor(all)
  if (low.compare(high) < 0) return { low, high }
  throw new CommandError(51175, "The value provided for 'min' does not come before 'max'.")
}

/** A key that has the index's fields in its order. */
function keyOf(index: Index, bound: RawValue, name: string): Buffer {
  const elements = elementsOf(bound.buf, bound.at)
  const { fields } = index
  const fits =
    elements.length === fields.length &&
    fields.every(({ dotted }, i) => elements[i].name === dotted)
  if (!fits || fields.some(({ hashed }) => hashed)) {
    throw new CommandError(
      51174,
      `The ${name} of a query must have the fields of the hinted index, in their order: ${fields.map(({ dotted }) => dotted).join(', ')}`,
    )
  }
  const key = new KeyWriter()
  for (const [i, { value }] of elements.entries()) key.appendRaw(value, fields[i].descending)
  return Buffer.concat([prefixKey(index.id), key.copy()])
}

/** The values that a document has in an index's fields, as its key pattern names them. */
export function indexKeyDocument({ fields }: Index, doc: Doc): Doc {
  return new Map(fields.map(({ dotted }) => [dotted, valueAt(doc, dotted.split('.'))]))
}

function valueAt(doc: Doc, path: readonly string[]): Value {
  let value: Value | undefined = doc
  for (const name of path) value = value instanceof Map ? value.get(name) : undefined
  return value ?? null
}
