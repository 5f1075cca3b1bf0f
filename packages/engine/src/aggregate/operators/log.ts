import { Decimal128, Double, divideDecimals, lnOfDecimal } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { toDecimal, toDouble } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { binary, type OperatorParser } from './arguments.js'
import { checkPositive, showNumber } from './numeric-functions.js'

/** The logarithm of a number to a base. */
export const log: OperatorParser = binary((value, base) => {
  if (isNullish(value) || isNullish(base)) return null
  if (!isNumeric(value)) {
    throw new CommandError(28756, `$log's argument must be numeric, not ${typeName(value)}`)
  }
  if (!isNumeric(base)) {
    throw new CommandError(28757, `$log's base must be numeric, not ${typeName(base)}`)
  }
  checkPositive(
    value,
    28758,
    (shown) => `$log's argument must be a positive number, but is ${shown}`,
  )
  const badBase = (shown: string) =>
    `$log's base must be a positive number not equal to 1, but is ${shown}`
  checkPositive(base, 28759, badBase)
  if (toDouble(base) === 1) throw new CommandError(28759, badBase(showNumber(base)))
  if (value instanceof Decimal128 || base instanceof Decimal128) {
    return divideDecimals(lnOfDecimal(toDecimal(value)), lnOfDecimal(toDecimal(base)))
  }
  return new Double(Math.log(toDouble(value)) / Math.log(toDouble(base)))
})
