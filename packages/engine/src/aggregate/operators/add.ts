import {
  DateTime,
  Decimal128,
  Double,
  decimalFromDouble,
  type NumericValue,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { isInt64, toDouble } from '../numeric.js'
import { NumericSum } from '../numeric-sum.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { type OperatorParser, variadic } from './arguments.js'

/** Adds numbers, and to at most one date as milliseconds. */
export const add: OperatorParser = variadic((values) => {
  if (values.length === 2 && typeof values[0] === 'number' && typeof values[1] === 'number') {
    const sum = values[0] + values[1]
    return (sum | 0) === sum ? sum : BigInt(sum)
  }
  const sum = new NumericSum(decimalFromDouble)
  let date: DateTime | undefined
  for (const value of values) {
    if (isNumeric(value)) sum.add(value)
    else if (value instanceof DateTime) {
      if (date) throw new CommandError(16612, 'only one date allowed in an $add expression')
      date = value
    } else if (isNullish(value)) return null
    else {
      throw new CommandError(
        'TypeMismatch',
        `$add only supports numeric or date types, not ${typeName(value)}`,
      )
    }
  }
  return date ? addToDate(date, sum.total) : (sum.total as Value)
})

/** A date moved by milliseconds, rounded to whole ones. */
export function addToDate(date: DateTime, ms: NumericValue, name = '$add'): DateTime {
  const result = date.ms + roundedMs(ms, name)
  if (!isInt64(result)) throw new CommandError('Overflow', `date overflow in ${name}`)
  return new DateTime(result)
}

function roundedMs(ms: NumericValue, name: string): bigint {
  if (typeof ms === 'number') return BigInt(ms)
  if (typeof ms === 'bigint') return ms
  const value = toDouble(ms)
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) {
    throw new CommandError('Overflow', `date overflow in ${name}`)
  }
  if (ms instanceof Double || ms instanceof Decimal128) return BigInt(roundAwayFromZero(value))
  return BigInt(value)
}

function roundAwayFromZero(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value)
}
