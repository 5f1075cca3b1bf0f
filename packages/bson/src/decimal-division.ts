/** Division, remainder, roots and rounding of Decimal128. */
import type { Decimal128 } from 'bson'
import { type DecimalParts, decimalFromParts, decimalParts, digitCount } from './decimal.js'

const NAN: DecimalParts = { kind: 'nan' }
/** More digits than a decimal holds, so that one rounding at the end suffices. */
const WORKING_DIGITS = 40

export type RoundingMode = 'half-even' | 'down' | 'floor' | 'ceiling'

function finite(coefficient: bigint, exponent: number, negative: boolean): DecimalParts {
  return { kind: 'finite', coefficient, exponent, negative }
}

/** The quotient with 34 digits; a non-zero number divided by zero is infinite. */
export function divideDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  return decimalFromParts(divideParts(decimalParts(a), decimalParts(b)))
}

function divideParts(x: DecimalParts, y: DecimalParts): DecimalParts {
  if (x.kind === 'nan' || y.kind === 'nan') return NAN
  const negative = x.negative !== y.negative
  if (x.kind === 'infinity') return y.kind === 'infinity' ? NAN : { kind: 'infinity', negative }
  if (y.kind === 'infinity') return finite(0n, -6176, negative)
  if (y.coefficient === 0n) return x.coefficient === 0n ? NAN : { kind: 'infinity', negative }
  const ideal = x.exponent - y.exponent
  if (x.coefficient === 0n) return finite(0n, ideal, negative)
  const shift = Math.max(0, WORKING_DIGITS - digitCount(x.coefficient) + digitCount(y.coefficient))
  const dividend = x.coefficient * 10n ** BigInt(shift)
  const quotient = dividend / y.coefficient
  if (dividend % y.coefficient === 0n)
    return towardsExponent(quotient, ideal - shift, ideal, negative)
  // A digit of its own stands for all that was cut off, so that no false tie arises.
  return finite(quotient * 10n + 1n, ideal - shift - 1, negative)
}

/** Takes zeros off the end of an exact result until the exponent that arithmetic prefers. */
function towardsExponent(coefficient: bigint, exponent: number, ideal: number, negative: boolean) {
  while (exponent < ideal && coefficient % 10n === 0n) {
    coefficient /= 10n
    exponent++
  }
  return finite(coefficient, exponent, negative)
}

/** What is left of `a` when `b` is taken off a whole number of times; it has the sign of `a`. */
export function remainderOfDecimals(a: Decimal128, b: Decimal128): Decimal128 {
  const x = decimalParts(a)
  const y = decimalParts(b)
  if (x.kind === 'nan' || y.kind === 'nan' || x.kind === 'infinity') return decimalFromParts(NAN)
  if (y.kind === 'infinity') return a
  if (y.coefficient === 0n) return decimalFromParts(NAN)
  const exponent = Math.min(x.exponent, y.exponent)
  const divisor = y.coefficient * 10n ** BigInt(y.exponent - exponent)
  const rest = (x.coefficient * powerOfTen(x.exponent - exponent, divisor)) % divisor
  return decimalFromParts(finite(rest, exponent, x.negative))
}

/** `10^exponent` modulo a divisor once it would be long. */
function powerOfTen(exponent: number, divisor: bigint): bigint {
  if (exponent < 100) return 10n ** BigInt(exponent)
  let result = 1n
  let base = 10n % divisor
  for (let left = exponent; left > 0; left >>= 1) {
    if (left & 1) result = (result * base) % divisor
    base = (base * base) % divisor
  }
  return result
}

/** The square root; NaN of a negative number. */
export function squareRootOfDecimal(a: Decimal128): Decimal128 {
  const parts = decimalParts(a)
  if (parts.kind === 'nan') return a
  if (parts.kind === 'infinity') return parts.negative ? decimalFromParts(NAN) : a
  const ideal = Math.floor(parts.exponent / 2)
  if (parts.coefficient === 0n) return decimalFromParts(finite(0n, ideal, parts.negative))
  if (parts.negative) return decimalFromParts(NAN)
  const odd = parts.exponent - ideal * 2
  const scaled = parts.coefficient * 10n ** BigInt(odd)
  const shift = WORKING_DIGITS
  const square = scaled * 10n ** BigInt(2 * shift)
  const root = integerSquareRoot(square)
  if (root * root === square) {
    return decimalFromParts(towardsExponent(root, ideal - shift, ideal, false))
  }
  return decimalFromParts(finite(root * 10n + 1n, ideal - shift - 1, false))
}

/** The largest integer whose square does not exceed the value. */
export function integerSquareRoot(value: bigint): bigint {
  if (value < 2n) return value
  let x = 1n << BigInt((value.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (x + value / x) >> 1n
    if (next >= x) return x
    x = next
  }
}

/** Rounds to `10^exponent`: the result has that exponent, NaN when its digits then do not fit. */
export function quantizeDecimal(a: Decimal128, exponent: number, mode: RoundingMode): Decimal128 {
  const parts = decimalParts(a)
  if (parts.kind !== 'finite') return a
  const shift = parts.exponent - exponent
  if (shift >= 0) {
    if (parts.coefficient !== 0n && digitCount(parts.coefficient) + shift > 34) {
      return decimalFromParts(NAN)
    }
    const scale = parts.coefficient === 0n ? 1n : 10n ** BigInt(shift)
    return decimalFromParts(finite(parts.coefficient * scale, exponent, parts.negative))
  }
  const coefficient = divideRounded(parts.coefficient, -shift, parts.negative, mode)
  return decimalFromParts(finite(coefficient, exponent, parts.negative))
}

function divideRounded(value: bigint, digits: number, negative: boolean, mode: RoundingMode) {
  const beyond = digits > 40
  const divisor = 10n ** BigInt(beyond ? 41 : digits)
  const quotient = value / divisor
  const rest = value % divisor
  if (rest === 0n) return quotient
  switch (mode) {
    case 'down':
      return quotient
    case 'floor':
      return negative ? quotient + 1n : quotient
    case 'ceiling':
      return negative ? quotient : quotient + 1n
    case 'half-even': {
      const twice = rest * 2n
      const up = twice > divisor || (twice === divisor && quotient % 2n === 1n)
      return up ? quotient + 1n : quotient
    }
  }
}
