import {
  acoshOfDecimal,
  acosOfDecimal,
  asinhOfDecimal,
  asinOfDecimal,
  atan2OfDecimals,
  atanhOfDecimal,
  atanOfDecimal,
  coshOfDecimal,
  cosOfDecimal,
  Decimal128,
  Double,
  degreesOfDecimal,
  radiansOfDecimal,
  sinhOfDecimal,
  sinOfDecimal,
  tanhOfDecimal,
  tanOfDecimal,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { toDecimal, toDouble } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { binary, type OperatorParser } from './arguments.js'
import { numeric } from './numeric-functions.js'

/** The arguments that a function is defined for, both ends included or not. */
interface Domain {
  readonly least: number
  readonly most: number
  readonly open?: true
}

const FINITE: Domain = { least: -Infinity, most: Infinity, open: true }
const UNIT: Domain = { least: -1, most: 1 }

function trigonometric(
  name: string,
  double: (value: number) => number,
  decimal: (value: Decimal128) => Decimal128,
  domain?: Domain,
): OperatorParser {
  return numeric(name, (value) => {
    const number = toDouble(value)
    if (domain) checkDomain(name, number, domain)
    return value instanceof Decimal128 ? decimal(value) : new Double(double(number))
  })
}

function checkDomain(name: string, value: number, { least, most, open }: Domain): void {
  const outside = open ? value <= least || value >= most : value < least || value > most
  if (!outside) return
  const [left, right] = open ? ['(', ')'] : ['[', ']']
  throw new CommandError(
    50989,
    `cannot apply ${name} to ${value}, value must be in ${left}${least},${most}${right}`,
  )
}

export const acos = trigonometric('$acos', Math.acos, acosOfDecimal, UNIT)
export const acosh = trigonometric('$acosh', Math.acosh, acoshOfDecimal, {
  least: 1,
  most: Infinity,
})
export const asin = trigonometric('$asin', Math.asin, asinOfDecimal, UNIT)
export const asinh = trigonometric('$asinh', Math.asinh, asinhOfDecimal)
export const atan = trigonometric('$atan', Math.atan, atanOfDecimal)
export const atanh = trigonometric('$atanh', Math.atanh, atanhOfDecimal, UNIT)
export const cos = trigonometric('$cos', Math.cos, cosOfDecimal, FINITE)
export const cosh = trigonometric('$cosh', Math.cosh, coshOfDecimal)
export const sin = trigonometric('$sin', Math.sin, sinOfDecimal, FINITE)
export const sinh = trigonometric('$sinh', Math.sinh, sinhOfDecimal)
export const tan = trigonometric('$tan', Math.tan, tanOfDecimal, FINITE)
export const tanh = trigonometric('$tanh', Math.tanh, tanhOfDecimal)

const RADIANS_PER_DEGREE = Math.PI / 180
const DEGREES_PER_RADIAN = 180 / Math.PI

export const degreesToRadians = trigonometric(
  '$degreesToRadians',
  (value) => value * RADIANS_PER_DEGREE,
  radiansOfDecimal,
)

export const radiansToDegrees = trigonometric(
  '$radiansToDegrees',
  (value) => value * DEGREES_PER_RADIAN,
  degreesOfDecimal,
)

/** The angle of the point (x, y), given as `[y, x]`. */
export const atan2: OperatorParser = binary((y, x) => {
  if (isNullish(y) || isNullish(x)) return null
  for (const value of [y, x]) {
    if (!isNumeric(value)) {
      throw new CommandError(51044, `$atan2 only supports numeric types, not ${typeName(value)}`)
    }
  }
  if (!isNumeric(y) || !isNumeric(x)) return null
  if (y instanceof Decimal128 || x instanceof Decimal128) {
    return atan2OfDecimals(toDecimal(y), toDecimal(x))
  }
  return new Double(Math.atan2(toDouble(y), toDouble(x)))
})
