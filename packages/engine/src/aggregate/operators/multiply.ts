import { Decimal128, Double, multiplyDecimals, type NumericValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { integerResult, toDecimal, toDouble } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { type OperatorParser, variadic } from './arguments.js'

/** Multiplies numbers. */
export const multiply: OperatorParser = variadic((values) => {
  let product: NumericValue = 1
  for (const value of values) {
    if (isNumeric(value)) product = multiplyNumbers(product, value)
    else if (isNullish(value)) return null
    else {
      throw new CommandError(
        'TypeMismatch',
        `$multiply only supports numeric types, not ${typeName(value)}`,
      )
    }
  }
  return product
})

export function multiplyNumbers(a: NumericValue, b: NumericValue): NumericValue {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    // Minus zero only arises here as 0 times a negative integer.
    return (product | 0) === product ? product + 0 : integerResult(BigInt(a) * BigInt(b), false)
  }
  if (a instanceof Decimal128 || b instanceof Decimal128) {
    return multiplyDecimals(toDecimal(a), toDecimal(b))
  }
  if (a instanceof Double || b instanceof Double) return new Double(toDouble(a) * toDouble(b))
  return integerResult(BigInt(a) * BigInt(b), true)
}
