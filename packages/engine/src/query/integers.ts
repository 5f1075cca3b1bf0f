import {
  BsonType,
  type Decimal128,
  decimalParts,
  decodeValue,
  isNumericType,
  type RawValue,
  readInt32,
} from '@gantry/bson'

const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

/** A number of any type with its fraction cut off; undefined when it is not finite, beyond an int64 or no number. */
export function truncatedLong(buf: Buffer, type: number, at: number): bigint | undefined {
  switch (type) {
    case BsonType.int:
      return BigInt(readInt32(buf, at))
    case BsonType.long:
      return buf.readBigInt64LE(at)
    case BsonType.double: {
      const value = Math.trunc(buf.readDoubleLE(at))
      // 2^63 itself is a double and no int64; NaN fails both comparisons.
      return value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(value) : undefined
    }
    case BsonType.decimal:
      return truncatedDecimal(decodeValue(buf, type, at) as Decimal128)
    default:
      return undefined
  }
}

/** As `truncatedLong`, but undefined also for numbers with a fraction. */
export function wholeLong(buf: Buffer, type: number, at: number): bigint | undefined {
  const value = truncatedLong(buf, type, at)
  if (value === undefined) return undefined
  if (type === BsonType.double && !Number.isInteger(buf.readDoubleLE(at))) return undefined
  if (type === BsonType.decimal && hasFraction(decodeValue(buf, type, at) as Decimal128)) {
    return undefined
  }
  return value
}

/** Why a value is no int64, as MongoDB words it. */
export function longComplaint({ buf, type, at }: RawValue, alias: string): string {
  if (!isNumericType(type)) return `Expected a number in: ${alias}`
  const value = truncatedLong(buf, type, at)
  if (value === undefined) return `Cannot represent as a 64-bit integer: ${alias}`
  return `Expected an integer: ${alias}`
}

function truncatedDecimal(decimal: Decimal128): bigint | undefined {
  const parts = decimalParts(decimal)
  if (parts.kind !== 'finite') return undefined
  const { coefficient, exponent, negative } = parts
  if (coefficient === 0n || exponent < -34) return 0n
  if (exponent > 19) return undefined
  const size =
    exponent >= 0 ? coefficient * 10n ** BigInt(exponent) : coefficient / 10n ** BigInt(-exponent)
  const value = negative ? -size : size
  return value >= LONG_MIN && value <= LONG_MAX ? value : undefined
}

function hasFraction(decimal: Decimal128): boolean {
  const parts = decimalParts(decimal)
  if (parts.kind !== 'finite' || parts.exponent >= 0 || parts.coefficient === 0n) return false
  // A coefficient has at most 34 digits.
  return parts.exponent < -34 || parts.coefficient % 10n ** BigInt(-parts.exponent) !== 0n
}
