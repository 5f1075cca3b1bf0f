import {
  addDecimals,
  DateTime,
  Decimal128,
  Double,
  type NumericValue,
  negateDecimal,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { integerResult, isInt64, toDecimal, toDouble } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { addToDate } from './add.js'
import { binary, type OperatorParser } from './arguments.js'

/** The difference of two numbers; of two dates in milliseconds; or a date moved back by milliseconds. */
export const subtract: OperatorParser = binary((a, b) => {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    return (difference | 0) === difference ? difference : BigInt(difference)
  }
  if (isNumeric(a) && isNumeric(b)) return subtractNumbers(a, b)
  if (isNullish(a) || isNullish(b)) return null
  if (a instanceof DateTime) return subtractFromDate(a, b)
  throw new CommandError('TypeMismatch', `can't $subtract ${typeName(b)} from ${typeName(a)}`)
})

function subtractNumbers(a: NumericValue, b: NumericValue): Value {
  if (a instanceof Decimal128 || b instanceof Decimal128) {
    return addDecimals(toDecimal(a), negateDecimal(toDecimal(b)))
  }
  if (a instanceof Double || b instanceof Double) return new Double(toDouble(a) - toDouble(b))
  return integerResult(BigInt(a) - BigInt(b), true)
}

function subtractFromDate(date: DateTime, value: Value): Value {
  if (value instanceof DateTime) {
    const difference = date.ms - value.ms
    if (!isInt64(difference)) throw new CommandError('Overflow', 'date overflow in $subtract')
    return difference
  }
  if (!isNumeric(value)) {
    throw new CommandError('TypeMismatch', `can't $subtract ${typeName(value)} from date`)
  }
  return addToDate(date, negate(value), '$subtract')
}

function negate(value: NumericValue): NumericValue {
  if (typeof value === 'number') return integerResult(-BigInt(value), false)
  if (typeof value === 'bigint') return isInt64(-value) ? -value : new Double(-Number(value))
  return value instanceof Double ? new Double(-value.value) : negateDecimal(value)
}
