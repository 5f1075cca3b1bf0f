import {
  Decimal128,
  Double,
  decimalParts,
  type NumericValue,
  quantizeDecimal,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInteger, integerResult, isInt64 } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { type OperatorParser, ranged } from './arguments.js'

type Mode = 'half-even' | 'down'

/** Rounds to a number of decimal places, ties to the even digit; a negative number of places rounds the integer part. */
export const round: OperatorParser = rounding('$round', 'half-even')

/** Cuts off after a number of decimal places. */
export const trunc: OperatorParser = rounding('$trunc', 'down')

function rounding(name: string, mode: Mode): OperatorParser {
  return ranged(1, 2, (values) => {
    const [value] = values
    const places = values.length > 1 ? values[1] : 0
    if (isNullish(value) || isNullish(places)) return null
    return roundValue(name, mode, value, places)
  })
}

function roundValue(name: string, mode: Mode, value: Value, places: Value): Value {
  if (!isNumeric(value)) {
    throw new CommandError(51081, `${name} only supports numeric types, not ${typeName(value)}`)
  }
  const place = checkPlace(name, places)
  if (value instanceof Decimal128) return roundDecimal(value, place, mode)
  if (value instanceof Double) return new Double(roundDouble(value.value, place, mode))
  if (place >= 0) return value
  const rounded = roundInteger(BigInt(value), -place, mode)
  if (!isInt64(rounded)) {
    throw new CommandError(
      51080,
      `invalid conversion from Decimal128 result in ${name} resulting from arguments: [${value}, ${place}]`,
    )
  }
  return integerResult(rounded, typeof value === 'bigint')
}

function checkPlace(name: string, places: Value): number {
  if (!isNumeric(places)) {
    throw new CommandError(16004, `can't convert from BSON type ${typeName(places)} to long`)
  }
  const integer = integralPlace(name, places)
  if (integer < -20n || integer > 100n) {
    throw new CommandError(
      51083,
      `cannot apply ${name} with precision value ${integer} value must be in [-20, 100]`,
    )
  }
  return Number(integer)
}

function integralPlace(name: string, places: NumericValue): bigint {
  if (places instanceof Double && !Number.isFinite(places.value)) {
    throw new CommandError(31109, `Can't coerce out of range value ${places} to long`)
  }
  const integer = exactInteger(places)
  if (integer !== undefined) return integer
  throw new CommandError(51082, `precision argument to  ${name} must be a integral value`)
}

function roundInteger(value: bigint, digits: number, mode: Mode): bigint {
  const divisor = 10n ** BigInt(digits)
  const rest = value % divisor
  const down = value - rest
  if (mode === 'down') return down
  const twice = (rest < 0n ? -rest : rest) * 2n
  const odd = (down / divisor) % 2n !== 0n
  if (twice < divisor || (twice === divisor && !odd)) return down
  return down + (value < 0n ? -divisor : divisor)
}

function roundDecimal(value: Decimal128, place: number, mode: Mode): Decimal128 {
  const parts = decimalParts(value)
  // What has no digit behind the place stays as it is rather than overflow.
  if (parts.kind === 'finite' && parts.exponent > -place && place >= 0) {
    const quantized = quantizeDecimal(value, -place, mode)
    return decimalParts(quantized).kind === 'nan' ? value : quantized
  }
  return quantizeDecimal(value, -place, mode)
}

/** Rounds by the digits that a double shows, exactly: binary scaling would move ties. */
function roundDouble(value: number, place: number, mode: Mode): number {
  if (!Number.isFinite(value)) return value
  if (place === 0) return mode === 'down' ? Math.trunc(value) : roundHalfEven(value)
  if (place > 0 && Number.isInteger(value)) return value
  const decimal = Decimal128.fromString(exactDigits(value))
  const rounded = Number(quantizeDecimal(decimal, -place, mode).toString())
  return Number.isNaN(rounded) ? value : rounded
}

function exactDigits(value: number): string {
  const digits = value.toPrecision(17)
  return digits
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value)
  if (Math.abs(value % 1) !== 0.5) return rounded
  return rounded % 2 === 0 ? rounded : rounded - 1
}
