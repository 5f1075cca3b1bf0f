/**
 * Arithmetic on Decimal128 (IEEE 754-2008, binary integer significand), which the
 * `bson` package only carries as bytes and text.
 */
import { Decimal128 } from 'bson'

/** A finite decimal is `coefficient × 10^exponent`, negated when `negative` (zero too). */
export type DecimalParts =
  | { kind: 'finite'; negative: boolean; coefficient: bigint; exponent: number }
  | { kind: 'infinity'; negative: boolean }
  | { kind: 'nan' }

const MAX_DIGITS = 34
const MAX_COEFFICIENT = 10n ** 34n - 1n
const MAX_EXPONENT = 6111
const MIN_EXPONENT = -6176
const BIAS = 6176

export function decimalParts(decimal: Decimal128): DecimalParts {
  const { bytes } = decimal
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  const high = view.getBigUint64(8, true)
  const low = view.getBigUint64(0, true)
  const negative = high >> 63n === 1n
  const combination = Number((high >> 58n) & 0x1fn)
  if (combination === 0x1f) return { kind: 'nan' }
  if (combination === 0x1e) return { kind: 'infinity', negative }
  if (combination >> 3 === 3) {
    // The second form of the significand always exceeds 34 digits, which counts as zero.
    const exponent = Number((high >> 47n) & 0x3fffn) - BIAS
    return { kind: 'finite', negative, coefficient: 0n, exponent }
  }
  const exponent = Number((high >> 49n) & 0x3fffn) - BIAS
  const coefficient = ((high & 0x1ffffffffffffn) << 64n) | low
  if (coefficient > MAX_COEFFICIENT) return { kind: 'finite', negative, coefficient: 0n, exponent }
  return { kind: 'finite', negative, coefficient, exponent }
}

/** The nearest Decimal128: rounds half to even beyond 34 digits, overflows to infinity, underflows to zero. */
export function decimalFromParts(parts: DecimalParts): Decimal128 {
  if (parts.kind === 'nan') return pack(0x7c00000000000000n, 0n)
  if (parts.kind === 'infinity')
    return pack(parts.negative ? 0xf800000000000000n : 0x7800000000000000n, 0n)
  let { coefficient, exponent } = roundToDigits(parts.coefficient, parts.exponent, MAX_DIGITS)
  if (exponent < MIN_EXPONENT) {
    const digits = digitCount(coefficient) - (MIN_EXPONENT - exponent)
    if (digits < 0) coefficient = 0n
    else coefficient = divideHalfEven(coefficient, 10n ** BigInt(MIN_EXPONENT - exponent))
    exponent = MIN_EXPONENT
  }
  while (exponent > MAX_EXPONENT && coefficient !== 0n && coefficient * 10n <= MAX_COEFFICIENT) {
    coefficient *= 10n
    exponent--
  }
  if (exponent > MAX_EXPONENT) {
    if (coefficient !== 0n) return decimalFromParts({ kind: 'infinity', negative: parts.negative })
    exponent = MAX_EXPONENT
  }
  const sign = parts.negative ? 1n << 63n : 0n
  const high = sign | (BigInt(exponent + BIAS) << 49n) | (coefficient >> 64n)
  return pack(high, coefficient & 0xffffffffffffffffn)
}

function pack(high: bigint, low: bigint): Decimal128 {
  const bytes = Buffer.allocUnsafeSlow(16)
  bytes.writeBigUInt64LE(low, 0)
  bytes.writeBigUInt64LE(high, 8)
  return new Decimal128(bytes)
}

function roundToDigits(coefficient: bigint, exponent: number, most: number) {
  const excess = digitCount(coefficient) - most
  if (excess <= 0) return { coefficient, exponent }
  let rounded = divideHalfEven(coefficient, 10n ** BigInt(excess))
  let shift = excess
  if (digitCount(rounded) > most) {
    rounded /= 10n
    shift++
  }
  return { coefficient: rounded, exponent: exponent + shift }
}

function divideHalfEven(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  const twice = (value % divisor) * 2n
  if (twice > divisor || (twice === divisor && quotient % 2n === 1n)) return quotient + 1n
  return quotient
}

export function digitCount(value: bigint): number {
  return value === 0n ? 1 : value.toString().length
}

/** An int64 or int32 as an exact decimal. */
export function decimalFromBigInt(value: bigint): Decimal128 {
  const negative = value < 0n
  return decimalFromParts({
    kind: 'finite',
    negative,
    coefficient: negative ? -value : value,
    exponent: 0,
  })
}

/** A double as MongoDB turns it into a decimal: 15 significant digits, trailing zeros included, but a bare zero. */
export function decimalFromDouble(value: number): Decimal128 {
  if (Number.isNaN(value)) return decimalFromParts({ kind: 'nan' })
  if (!Number.isFinite(value)) return decimalFromParts({ kind: 'infinity', negative: value < 0 })
  if (value === 0) {
    const negative = Object.is(value, -0)
    return decimalFromParts({ kind: 'finite', negative, coefficient: 0n, exponent: 0 })
  }
  return Decimal128.fromString(value.toPrecision(15))
}

/** The nearest double. */
export function decimalToDouble(decimal: Decimal128): number {
  const parts = decimalParts(decimal)
  if (parts.kind === 'nan') return Number.NaN
  if (parts.kind === 'infinity') return parts.negative ? -Infinity : Infinity
  const magnitude = Number(`${parts.coefficient}e${parts.exponent}`)
  return parts.negative ? -magnitude : magnitude
}

export function addDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  const x = decimalParts(a)
  const y = decimalParts(b)
  if (x.kind === 'nan' || y.kind === 'nan') return decimalFromParts({ kind: 'nan' })
  if (x.kind === 'infinity') {
    return y.kind === 'infinity' && y.negative !== x.negative
      ? decimalFromParts({ kind: 'nan' })
      : a
  }
  if (y.kind === 'infinity') return b
  const exponent = commonExponent(x, y)
  const sum = alignTo(x, exponent) + alignTo(y, exponent)
  const negative = sum < 0n || (sum === 0n && x.negative && y.negative)
  return decimalFromParts({
    kind: 'finite',
    negative,
    coefficient: sum < 0n ? -sum : sum,
    exponent,
  })
}

type Finite = Extract<DecimalParts, { kind: 'finite' }>

/** The exponent to add at: the lower one, as far as the other addend has digits to reach it. */
function commonExponent(x: Finite, y: Finite): number {
  const lowest = Math.min(x.exponent, y.exponent)
  if (x.coefficient !== 0n && y.coefficient !== 0n) {
    // An addend too small to touch the last digit only keeps its sign for rounding, so the powers stay small.
    return Math.max(lowest, Math.max(x.exponent, y.exponent) - 80)
  }
  const { coefficient, exponent } = x.coefficient === 0n ? y : x
  if (coefficient === 0n) return lowest
  return Math.max(lowest, exponent - (MAX_DIGITS - digitCount(coefficient)))
}

function alignTo(parts: Finite, exponent: number): bigint {
  const shift = parts.exponent - exponent
  const magnitude =
    shift >= 0
      ? parts.coefficient * 10n ** BigInt(shift)
      : parts.coefficient / 10n ** BigInt(-shift)
  return parts.negative ? -magnitude : magnitude
}

export function negateDecimal(a: Decimal128): Decimal128 {
  const parts = decimalParts(a)
  return parts.kind === 'nan' ? a : decimalFromParts({ ...parts, negative: !parts.negative })
}

export function multiplyDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  const x = decimalParts(a)
  const y = decimalParts(b)
  if (x.kind === 'nan' || y.kind === 'nan') return decimalFromParts({ kind: 'nan' })
  const negative = x.negative !== y.negative
  if (x.kind === 'infinity' || y.kind === 'infinity') {
    const zero =
      (x.kind === 'finite' && x.coefficient === 0n) || (y.kind === 'finite' && y.coefficient === 0n)
    return decimalFromParts(zero ? { kind: 'nan' } : { kind: 'infinity', negative })
  }
  return decimalFromParts({
    kind: 'finite',
    negative,
    coefficient: x.coefficient * y.coefficient,
    exponent: x.exponent + y.exponent,
  })
}
