import {
  addDecimals,
  Decimal128,
  Double,
  decimalFromBigInt,
  divideDecimals,
  expOfDecimal,
  negateDecimal,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { toDouble } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { type OperatorParser, unary } from './arguments.js'

/** `1 / (1 + e^-x)`. */
export const sigmoid: OperatorParser = unary((value) => {
  if (isNullish(value)) return null
  if (!isNumeric(value)) {
    throw new CommandError(
      'TypeMismatch',
      `$sigmoid only supports numeric types, not ${typeName(value)}`,
    )
  }
  if (!(value instanceof Decimal128)) return new Double(1 / (1 + Math.exp(-toDouble(value))))
  const one = decimalFromBigInt(1n)
  return divideDecimals(one, addDecimals(one, expOfDecimal(negateDecimal(value))))
})
