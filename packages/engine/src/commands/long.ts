import { BsonType, decodeValue, type RawValue, readInt32 } from '@gantry/bson'

/** A number of any type as a JavaScript number; int64 beyond 2^53 loses digits. */
export function toNumber({ buf, type, at }: RawValue): number {
  switch (type) {
    case BsonType.int:
      return readInt32(buf, at)
    case BsonType.double:
      return buf.readDoubleLE(at)
    case BsonType.long:
      return Number(buf.readBigInt64LE(at))
    default:
      return Number(String(decodeValue(buf, type, at)))
  }
}

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
