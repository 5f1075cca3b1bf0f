/**
 * Exponential, logarithmic and trigonometric functions of Decimal128. They compute with
 * integers that stand for multiples of 10^-100 and round once at the end.
 */
import type { Decimal128 } from 'bson'
import { decimalFromParts, decimalParts, decimalToDouble, digitCount } from './decimal.js'
import { integerSquareRoot } from './decimal-division.js'

const DIGITS = 100
const ONE = 10n ** 100n

/** Rounds a fixed-point result to a decimal. An exact result has no zeros at its end. */
function fromFixed(fixed: bigint, scale = DIGITS, shift = 0): Decimal128 {
  const negative = fixed < 0n
  let coefficient = negative ? -fixed : fixed
  let exponent = shift - scale
  // The last digits are noise; an error far below the 34th digit must not hide an exact result.
  const excess = digitCount(coefficient) - 50
  if (excess > 0) {
    const divisor = 10n ** BigInt(excess)
    coefficient = (coefficient + divisor / 2n) / divisor
    exponent += excess
  }
  while (exponent < 0 && coefficient !== 0n && coefficient % 10n === 0n) {
    coefficient /= 10n
    exponent++
  }
  if (coefficient === 0n) exponent = 0
  return decimalFromParts({ kind: 'finite', negative, coefficient, exponent })
}

function nan(): Decimal128 {
  return decimalFromParts({ kind: 'nan' })
}

function infinity(negative = false): Decimal128 {
  return decimalFromParts({ kind: 'infinity', negative })
}

function integer(value: bigint): Decimal128 {
  return decimalFromParts({
    kind: 'finite',
    negative: value < 0n,
    coefficient: value < 0n ? -value : value,
    exponent: 0,
  })
}

/** A finite decimal as fixed point with so many digits; what lies below them is cut off. */
function toFixed(value: Decimal128, digits = DIGITS): bigint {
  const parts = decimalParts(value)
  if (parts.kind !== 'finite') throw new RangeError('not a finite decimal')
  const shift = parts.exponent + digits
  const magnitude =
    shift >= 0
      ? parts.coefficient * 10n ** BigInt(shift)
      : parts.coefficient / 10n ** BigInt(-shift)
  return parts.negative ? -magnitude : magnitude
}

/** The decimal exponent of the first digit; very low for zero. */
function magnitudeOf(value: Decimal128): number {
  const parts = decimalParts(value)
  if (parts.kind !== 'finite') return 10_000
  if (parts.coefficient === 0n) return -10_000
  return parts.exponent + digitCount(parts.coefficient) - 1
}

/** So small that the next term of the series cannot touch the 34th digit. */
function isTiny(value: Decimal128): boolean {
  return magnitudeOf(value) < -25
}

function kindOf(value: Decimal128): 'nan' | 'infinity' | '-infinity' | 'finite' {
  const parts = decimalParts(value)
  return parts.kind === 'infinity' && parts.negative ? '-infinity' : parts.kind
}

/** e^r for a fixed-point number, best within a few units of zero. */
function expFixed(value: bigint): bigint {
  const halvings = 16n
  const reduced = value >> halvings
  let term = ONE
  let sum = ONE
  for (let n = 1n; term !== 0n; n++) {
    term = (term * reduced) / (ONE * n)
    sum += term
  }
  for (let i = 0n; i < halvings; i++) sum = (sum * sum) / ONE
  return sum
}

/** ln of a positive fixed-point number near one, by Newton's way on the exponential. */
function lnFixed(value: bigint): bigint {
  let guess = BigInt(Math.round(Math.log(Number(value / 10n ** 84n) / 1e16) * 1e15)) * 10n ** 85n
  for (let i = 0; i < 4; i++) {
    const power = expFixed(guess)
    guess += (2n * ONE * (value - power)) / (value + power)
  }
  return guess
}

let ln10: bigint | undefined
function lnTen(): bigint {
  ln10 ??= 2n * lnFixed(integerSquareRoot(10n * ONE * ONE))
  return ln10
}

/** e to the power of a decimal. */
export function expOfDecimal(value: Decimal128): Decimal128 {
  const kind = kindOf(value)
  if (kind === 'nan') return value
  if (kind === 'infinity') return value
  if (kind === '-infinity') return integer(0n)
  const approximate = decimalToDouble(value)
  if (approximate > 15_000) return infinity()
  if (approximate < -15_000)
    return decimalFromParts({ kind: 'finite', negative: false, coefficient: 0n, exponent: -6176 })
  return expOfFixed(toFixed(value))
}

function expOfFixed(fixed: bigint): Decimal128 {
  const ten = lnTen()
  const power = fixed / ten
  return fromFixed(expFixed(fixed - power * ten), DIGITS, Number(power))
}

/** ln of a positive finite decimal as fixed point. */
function lnOf(value: Decimal128): bigint {
  const parts = decimalParts(value)
  if (parts.kind !== 'finite') throw new RangeError('not a finite decimal')
  const digits = digitCount(parts.coefficient)
  const mantissa = parts.coefficient * 10n ** BigInt(DIGITS - digits + 1)
  const exponent = parts.exponent + digits - 1
  return lnFixed(mantissa) + BigInt(exponent) * lnTen()
}

/** The natural logarithm; NaN of a negative number. */
export function lnOfDecimal(value: Decimal128): Decimal128 {
  return logarithm(value, (fixed) => fixed)
}

export function log10OfDecimal(value: Decimal128): Decimal128 {
  return logarithm(value, (fixed) => (fixed * ONE) / lnTen())
}

function logarithm(value: Decimal128, scale: (fixed: bigint) => bigint): Decimal128 {
  const kind = kindOf(value)
  if (kind === 'nan' || kind === 'infinity') return value
  if (kind === '-infinity') return nan()
  const parts = decimalParts(value)
  if (parts.kind !== 'finite') return nan()
  if (parts.coefficient === 0n) return infinity(true)
  return parts.negative ? nan() : fromFixed(scale(lnOf(value)))
}

/** `base` to the power of `exponent`; NaN of a negative base with a fraction as exponent. */
export function powerOfDecimal(base: Decimal128, exponent: Decimal128): Decimal128 {
  const x = decimalParts(base)
  const y = decimalParts(exponent)
  if (y.kind === 'finite' && y.coefficient === 0n) return integer(1n)
  if (x.kind === 'nan' || y.kind === 'nan') return nan()
  const whole = y.kind === 'finite' ? wholeOf(y.coefficient, y.exponent) : undefined
  const negative = x.negative && whole !== undefined && whole % 2n === 1n
  const zeroBase = x.kind === 'finite' && x.coefficient === 0n
  if (y.kind === 'infinity') return powerOfInfinite(base, y.negative)
  if (zeroBase || x.kind === 'infinity') {
    return zeroBase === y.negative
      ? infinity(negative)
      : decimalFromParts({ kind: 'finite', negative: false, coefficient: 0n, exponent: -6176 })
  }
  if (whole !== undefined && whole <= 1000n && !y.negative) {
    return padded(negative, x.coefficient ** whole, x.exponent * Number(whole))
  }
  if (x.negative && whole === undefined) return nan()
  const magnitude = decimalFromParts({ ...x, negative: false })
  const logarithm = lnOf(magnitude)
  const power = (logarithm * toFixed(exponent)) / ONE
  if (power > 15_000n * ONE) return infinity(negative)
  if (power < -15_000n * ONE)
    return decimalFromParts({ kind: 'finite', negative, coefficient: 0n, exponent: -6176 })
  const result = decimalParts(expOfFixed(power))
  return decimalFromParts(result.kind === 'finite' ? { ...result, negative } : result)
}

/** Powers have all 34 digits, zeros at the end included. */
function padded(negative: boolean, coefficient: bigint, exponent: number): Decimal128 {
  const zeros = Math.max(0, 34 - digitCount(coefficient))
  return decimalFromParts({
    kind: 'finite',
    negative,
    coefficient: coefficient * 10n ** BigInt(zeros),
    exponent: exponent - zeros,
  })
}

/** The integer that coefficient and exponent make, or undefined; beyond 10^40 only its parity is right. */
function wholeOf(coefficient: bigint, exponent: number): bigint | undefined {
  if (exponent >= 0) return coefficient * 10n ** BigInt(Math.min(exponent, 41))
  const divisor = 10n ** BigInt(-exponent)
  return coefficient % divisor === 0n ? coefficient / divisor : undefined
}

function powerOfInfinite(base: Decimal128, negativeExponent: boolean): Decimal128 {
  const magnitude = Math.abs(decimalToDouble(base))
  if (magnitude === 1) return integer(1n)
  return magnitude > 1 === negativeExponent ? integer(0n) : infinity()
}

const constants = new Map<number, bigint>()

/** Pi with so many digits after the point, by Machin's formula. */
function pi(digits = DIGITS): bigint {
  let found = constants.get(digits)
  if (found === undefined) {
    const scale = 10n ** BigInt(digits + 10)
    found = (16n * arctanInverse(5n, scale) - 4n * arctanInverse(239n, scale)) / 10n ** 10n
    if (constants.size < 16) constants.set(digits, found)
  }
  return found
}

function arctanInverse(x: bigint, scale: bigint): bigint {
  let power = scale / x
  let sum = power
  const square = x * x
  for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
    power /= square
    sum += (sign * power) / n
  }
  return sum
}

/** Sine and cosine as fixed point. */
function sineAndCosine(value: Decimal128): [sine: bigint, cosine: bigint] {
  const digits = DIGITS + Math.max(0, magnitudeOf(value) + 1)
  const turn = 2n * pi(digits)
  const rest = (toFixed(value, digits) % turn) / 10n ** BigInt(digits - DIGITS)
  return [series(rest, rest, 2n), series(ONE, rest, 1n)]
}

/** Sums a series whose terms grow by -x²/(n·(n+1)). */
function series(first: bigint, x: bigint, from: bigint): bigint {
  const square = (x * x) / ONE
  let term = first
  let sum = first
  for (let n = from; term !== 0n; n += 2n) {
    term = (-term * square) / (ONE * n * (n + 1n))
    sum += term
  }
  return sum
}

/** Wraps a function that answers NaN on infinities and, being odd with slope one, tiny arguments as they are. */
function circular(value: Decimal128, odd: boolean, apply: () => Decimal128): Decimal128 {
  const kind = kindOf(value)
  if (kind === 'nan') return value
  if (kind !== 'finite') return nan()
  return odd && isTiny(value) ? value : apply()
}

export function sinOfDecimal(value: Decimal128): Decimal128 {
  return circular(value, true, () => fromFixed(sineAndCosine(value)[0]))
}

export function cosOfDecimal(value: Decimal128): Decimal128 {
  return circular(value, false, () => fromFixed(sineAndCosine(value)[1]))
}

export function tanOfDecimal(value: Decimal128): Decimal128 {
  return circular(value, true, () => {
    const [sine, cosine] = sineAndCosine(value)
    return fromFixed((sine * ONE) / cosine)
  })
}

function atanFixed(value: bigint): bigint {
  if (value < 0n) return -atanFixed(-value)
  if (value > ONE) return pi() / 2n - atanFixed((ONE * ONE) / value)
  // Halving the angle a few times makes the series short.
  let x = value
  for (let i = 0; i < 8; i++) x = (x * ONE) / (ONE + integerSquareRoot(ONE * ONE + x * x))
  const square = (x * x) / ONE
  let power = x
  let sum = x
  for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
    power = (power * square) / ONE
    sum += (sign * power) / n
  }
  return sum << 8n
}

export function atanOfDecimal(value: Decimal128): Decimal128 {
  const kind = kindOf(value)
  if (kind === 'nan' || isTiny(value)) return value
  if (kind === 'infinity') return fromFixed(pi() / 2n)
  if (kind === '-infinity') return fromFixed(-pi() / 2n)
  return fromFixed(atanFixed(toFixed(value)))
}

/** The angle of the point (x, y), as `atan2` of C has it. */
export function atan2OfDecimals(y: Decimal128, x: Decimal128): Decimal128 {
  const a = decimalParts(y)
  const b = decimalParts(x)
  if (a.kind === 'nan' || b.kind === 'nan') return nan()
  const sign = a.negative ? -1n : 1n
  if (a.kind === 'infinity') {
    if (b.kind !== 'infinity') return fromFixed((sign * pi()) / 2n)
    return fromFixed((sign * pi() * (b.negative ? 3n : 1n)) / 4n)
  }
  if (b.kind === 'infinity' || a.coefficient === 0n) {
    if (b.negative) return fromFixed(sign * pi())
    return decimalFromParts({ kind: 'finite', negative: a.negative, coefficient: 0n, exponent: 0 })
  }
  if (b.coefficient === 0n) return fromFixed((sign * pi()) / 2n)
  return fromFixed(quadrant(sign, b.negative, a, b))
}

type Finite = { coefficient: bigint; exponent: number }

function quadrant(sign: bigint, left: boolean, y: Finite, x: Finite): bigint {
  const shift = y.exponent - x.exponent
  const numerator = y.coefficient * ONE * (shift > 0 ? 10n ** BigInt(shift) : 1n)
  const denominator = x.coefficient * (shift < 0 ? 10n ** BigInt(-shift) : 1n)
  const angle = atanFixed(numerator / denominator)
  return sign * (left ? pi() - angle : angle)
}

/** NaN outside -1 to 1. */
export function asinOfDecimal(value: Decimal128): Decimal128 {
  return circular(value, true, () => {
    const x = toFixed(value)
    if (x > ONE || x < -ONE) return nan()
    return fromFixed(asinFixed(x))
  })
}

/** NaN outside -1 to 1. */
export function acosOfDecimal(value: Decimal128): Decimal128 {
  return circular(value, false, () => {
    const x = toFixed(value)
    if (x > ONE || x < -ONE) return nan()
    return fromFixed(pi() / 2n - asinFixed(x))
  })
}

function asinFixed(x: bigint): bigint {
  const rest = integerSquareRoot(ONE * ONE - x * x)
  if (rest === 0n) return x > 0n ? pi() / 2n : -pi() / 2n
  return atanFixed((x * ONE) / rest)
}

/** `(e^x ± e^-x) / 2`; too large an argument gives infinity. */
function hyperbolic(value: Decimal128, sign: 1n | -1n): Decimal128 {
  const approximate = decimalToDouble(value)
  if (Math.abs(approximate) > 15_000) return infinity(approximate < 0 && sign === -1n)
  const fixed = toFixed(value)
  const ten = lnTen()
  const power = (fixed < 0n ? -fixed : fixed) / ten
  const up = expFixed((fixed < 0n ? -fixed : fixed) - power * ten)
  const scale = 10n ** power
  const down = (ONE * ONE) / (up * scale)
  const sum = (up * scale + sign * down) / 2n
  return fromFixed(fixed < 0n && sign === -1n ? -sum : sum)
}

export function sinhOfDecimal(value: Decimal128): Decimal128 {
  if (kindOf(value) !== 'finite' || isTiny(value)) return value
  return hyperbolic(value, -1n)
}

export function coshOfDecimal(value: Decimal128): Decimal128 {
  const kind = kindOf(value)
  if (kind === 'nan') return value
  return kind === 'finite' ? hyperbolic(value, 1n) : infinity()
}

export function tanhOfDecimal(value: Decimal128): Decimal128 {
  const kind = kindOf(value)
  if (kind === 'nan' || (kind === 'finite' && isTiny(value))) return value
  const approximate = decimalToDouble(value)
  if (Math.abs(approximate) > 100) return integer(approximate < 0 ? -1n : 1n)
  const squared = expFixed(2n * toFixed(value))
  return fromFixed(((squared - ONE) * ONE) / (squared + ONE))
}

export function asinhOfDecimal(value: Decimal128): Decimal128 {
  if (kindOf(value) !== 'finite' || isTiny(value)) return value
  const negative = decimalParts(value).kind === 'finite' && toFixed(value) < 0n
  const x = toFixed(value)
  const magnitude = x < 0n ? -x : x
  const result = lnLarge(magnitude + integerSquareRoot(magnitude * magnitude + ONE * ONE))
  return fromFixed(negative ? -result : result)
}

/** NaN below one. */
export function acoshOfDecimal(value: Decimal128): Decimal128 {
  const kind = kindOf(value)
  if (kind === 'nan' || kind === 'infinity') return value
  if (kind === '-infinity') return nan()
  const x = toFixed(value)
  if (x < ONE) return nan()
  return fromFixed(lnLarge(x + integerSquareRoot(x * x - ONE * ONE)))
}

/** ln of a fixed-point number of any size. */
function lnLarge(value: bigint): bigint {
  const exponent = digitCount(value) - 1 - DIGITS
  const mantissa =
    exponent >= 0 ? value / 10n ** BigInt(exponent) : value * 10n ** BigInt(-exponent)
  return lnFixed(mantissa) + BigInt(exponent) * lnTen()
}

/** NaN outside -1 to 1, infinite at both ends. */
export function atanhOfDecimal(value: Decimal128): Decimal128 {
  return circular(value, true, () => {
    const x = toFixed(value)
    if (x > ONE || x < -ONE) return nan()
    if (x === ONE || x === -ONE) return infinity(x < 0n)
    return fromFixed(lnLarge(((ONE + x) * ONE) / (ONE - x)) / 2n)
  })
}

/** Turns degrees into radians. */
export function radiansOfDecimal(value: Decimal128): Decimal128 {
  return scaled(value, pi(), 180n * ONE)
}

/** Turns radians into degrees. */
export function degreesOfDecimal(value: Decimal128): Decimal128 {
  return scaled(value, 180n * ONE, pi())
}

function scaled(value: Decimal128, numerator: bigint, denominator: bigint): Decimal128 {
  const parts = decimalParts(value)
  if (parts.kind !== 'finite') return value
  if (parts.coefficient === 0n) return value
  const coefficient = (parts.coefficient * numerator * ONE) / denominator
  return fromFixed(parts.negative ? -coefficient : coefficient, DIGITS, parts.exponent)
}
