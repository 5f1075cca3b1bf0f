import { BsonType, isNumericType, type RawValue } from '@gantry/bson'
import { type Arg, toNumber, wrongType } from './args.js'

const LONGEST = 2 ** 63

/**
 * A number as a whole one, as MongoDB makes it of what should be an int64: fractions of
 * doubles are cut off, those of decimals rounded to even, what is out of range is brought
 * to its end, and NaN is zero.
 */
export function toWhole(value: RawValue): number {
  const n = toNumber(value)
  if (Number.isNaN(n)) return 0
  if (Math.abs(n) >= LONGEST) return n < 0 ? -LONGEST : LONGEST
  return value.type === BsonType.decimal ? roundHalfEven(n) : Math.trunc(n)
}

function roundHalfEven(n: number): number {
  const below = Math.floor(n)
  const rest = n - below
  if (rest !== 0.5) return Math.round(n)
  return below % 2 === 0 ? below : below + 1
}

/** A number of any type, made whole. */
export const longArg: Arg<number> = {
  read(value, field) {
    if (isNumericType(value.type)) return toWhole(value)
    throw wrongType(field, value, 'long, int, decimal, double')
  },
}
