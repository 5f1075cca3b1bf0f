import { Double, type Writable } from '@gantry/bson'

/** A whole number of whichever size; beyond 32 bits BSON wants it told apart. */
export function whole(value: number): number | bigint {
  return value === (value | 0) ? value : BigInt(Math.round(value))
}

/** A value of JSON as it is, its numbers as small as they are. */
export function toWritable(value: unknown): Writable {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? whole(value) : new Double(value)
  }
  if (Array.isArray(value)) return value.map(toWritable)
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).map(([key, inner]) => [key, toWritable(inner)]))
  }
  return value as string | boolean | null
}
