/** Functions of one number: `$abs`, `$ceil`, `$exp`, `$floor`, `$ln`, `$log10`, `$sqrt`. */
import {
  Decimal128,
  Double,
  decimalFromParts,
  decimalParts,
  expOfDecimal,
  lnOfDecimal,
  log10OfDecimal,
  type NumericValue,
  quantizeDecimal,
  type RoundingMode,
  squareRootOfDecimal,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { INT64_MIN, toDouble } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { type OperatorParser, unary } from './arguments.js'

/** An operator on one number: null of null, an error of what is no number. */
export function numeric(name: string, apply: (value: NumericValue) => Value): OperatorParser {
  return unary((value) => {
    if (isNumeric(value)) return apply(value)
    if (isNullish(value)) return null
    throw new CommandError(28765, `${name} only supports numeric types, not ${typeName(value)}`)
  })
}

export const abs = numeric('$abs', (value) => {
  if (typeof value === 'number') {
    return value === -0x8000_0000 ? 0x8000_0000n : Math.abs(value)
  }
  if (typeof value === 'bigint') {
    if (value === INT64_MIN) throw new CommandError(28680, "can't take $abs of long long min")
    return value < 0n ? -value : value
  }
  if (value instanceof Double) return new Double(Math.abs(value.value))
  const parts = decimalParts(value)
  return parts.kind === 'nan' ? value : decimalFromParts({ ...parts, negative: false })
})

function rounding(name: string, round: (value: number) => number, mode: RoundingMode) {
  return numeric(name, (value) => {
    if (value instanceof Double) return new Double(round(value.value))
    return value instanceof Decimal128 ? roundDecimal(value, mode) : value
  })
}

/** NaN of an infinity, and of what has no room for its digits down to the ones, as in MongoDB. */
function roundDecimal(value: Decimal128, mode: RoundingMode): Decimal128 {
  const parts = decimalParts(value)
  return parts.kind === 'finite'
    ? quantizeDecimal(value, 0, mode)
    : decimalFromParts({ kind: 'nan' })
}

export const ceil = rounding('$ceil', Math.ceil, 'ceiling')
export const floor = rounding('$floor', Math.floor, 'floor')

export const exp = numeric('$exp', (value) =>
  value instanceof Decimal128 ? expOfDecimal(value) : new Double(Math.exp(toDouble(value))),
)

export const ln = numeric('$ln', (value) => {
  checkPositive(
    value,
    28766,
    (shown) => `$ln's argument must be a positive number, but is ${shown}`,
  )
  return value instanceof Decimal128 ? lnOfDecimal(value) : new Double(Math.log(toDouble(value)))
})

export const log10 = numeric('$log10', (value) => {
  checkPositive(
    value,
    28761,
    (shown) => `$log10's argument must be a positive number, but is ${shown}`,
  )
  return value instanceof Decimal128
    ? log10OfDecimal(value)
    : new Double(Math.log10(toDouble(value)))
})

export const sqrt = numeric('$sqrt', (value) => {
  if (toDouble(value) < 0 || (value instanceof Decimal128 && isNegative(value))) {
    throw new CommandError(28714, "$sqrt's argument must be greater than or equal to 0")
  }
  return value instanceof Decimal128
    ? squareRootOfDecimal(value)
    : new Double(Math.sqrt(toDouble(value)))
})

/** Zero and below, but not NaN. */
export function checkPositive(
  value: NumericValue,
  code: number,
  message: (shown: string) => string,
): void {
  const bad =
    value instanceof Decimal128 ? isNegative(value) || isZero(value) : toDouble(value) <= 0
  if (bad) throw new CommandError(code, message(showNumber(value)))
}

export function showNumber(value: NumericValue): string {
  return value instanceof Double ? String(value.value) : value.toString()
}

function isNegative(value: Decimal128): boolean {
  const parts = decimalParts(value)
  return parts.kind !== 'nan' && parts.negative && !isZero(value)
}

function isZero(value: Decimal128): boolean {
  const parts = decimalParts(value)
  return parts.kind === 'finite' && parts.coefficient === 0n
}
