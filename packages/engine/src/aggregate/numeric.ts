/** MongoDB's numeric types in arithmetic: which type a result has, and how values change type. */
import {
  Decimal128,
  Double,
  decimalFromBigInt,
  decimalFromDouble,
  decimalToDouble,
  type NumericValue,
} from '@gantry/bson'

export const INT64_MAX = 2n ** 63n - 1n
export const INT64_MIN = -(2n ** 63n)

export function toDouble(value: NumericValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Double ? value.value : decimalToDouble(value)
}

/** A decimal; a double is rounded to 15 digits, as MongoDB does in arithmetic. */
export function toDecimal(value: NumericValue): Decimal128 {
  if (value instanceof Decimal128) return value
  if (value instanceof Double) return decimalFromDouble(value.value)
  return decimalFromBigInt(BigInt(value))
}

export function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX
}

/** An integer as int32 when it fits and none of what it came from was wider, else as int64, else as double. */
export function integerResult(value: bigint, wide: boolean): NumericValue {
  if (!wide && value >= -0x8000_0000n && value <= 0x7fff_ffffn) return Number(value)
  return isInt64(value) ? value : new Double(Number(value))
}

/** An exact JavaScript integer as int32 when it fits, else as int64. */
export function smallestInteger(value: number): number | bigint {
  return (value | 0) === value ? value : BigInt(value)
}

/** The integer that a number stands for exactly, or undefined. */
export function exactInteger(value: NumericValue): bigint | undefined {
  if (typeof value === 'number') return BigInt(value)
  if (typeof value === 'bigint') return value
  if (value instanceof Double) {
    return Number.isInteger(value.value) ? BigInt(value.value) : undefined
  }
  return decimalInteger(value)
}

function decimalInteger(value: Decimal128): bigint | undefined {
  const text = value.toString()
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]\d+))?$/.exec(text)
  if (!match) return undefined
  const fraction = match[3] ?? ''
  const shift = Number(match[4] ?? 0) - fraction.length
  const digits = BigInt(match[2] + fraction)
  if (digits === 0n) return 0n
  if (shift > 40) return undefined
  if (shift >= 0) return (match[1] ? -digits : digits) * 10n ** BigInt(shift)
  const divisor = 10n ** BigInt(-shift)
  if (digits % divisor !== 0n) return undefined
  return (match[1] ? -digits : digits) / divisor
}

/** An int32 that a number stands for exactly, or undefined. */
export function exactInt32(value: NumericValue): number | undefined {
  if (typeof value === 'number') return value
  const integer = exactInteger(value)
  return integer !== undefined && integer >= -0x8000_0000n && integer <= 0x7fff_ffffn
    ? Number(integer)
    : undefined
}
