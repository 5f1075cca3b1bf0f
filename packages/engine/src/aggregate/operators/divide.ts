import { Decimal128, Double, divideDecimals, remainderOfDecimals, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { toDecimal, toDouble } from '../numeric.js'
import { isNullish, isNumeric, isTrue, typeName } from '../values.js'
import { binary, type OperatorParser } from './arguments.js'

/** The quotient, always a double or decimal. */
export const divide: OperatorParser = binary((a, b) => {
  if (isNumeric(a) && isNumeric(b)) {
    if (!isTrue(b)) throw new CommandError('BadValue', "can't $divide by zero")
    if (a instanceof Decimal128 || b instanceof Decimal128) {
      return divideDecimals(toDecimal(a), toDecimal(b))
    }
    return new Double(toDouble(a) / toDouble(b))
  }
  if (isNullish(a) || isNullish(b)) return null
  throw new CommandError(
    'TypeMismatch',
    `$divide only supports numeric types, not ${typeName(a)} and ${typeName(b)}`,
  )
})

/** The remainder; it has the sign of the dividend. */
export const mod: OperatorParser = binary((a, b) => {
  if (typeof a === 'number' && typeof b === 'number' && b !== 0) return (a % b) + 0
  if (isNumeric(a) && isNumeric(b)) {
    if (a instanceof Decimal128 || b instanceof Decimal128) {
      if (!isTrue(b)) throw new CommandError(5733415, "can't $mod by zero")
      return remainderOfDecimals(toDecimal(a), toDecimal(b))
    }
    if (!isTrue(b)) throw new CommandError(16610, "can't $mod by zero")
    if (a instanceof Double || b instanceof Double) return new Double(toDouble(a) % toDouble(b))
    return (BigInt(a) % BigInt(b)) as Value
  }
  if (isNullish(a) || isNullish(b)) return null
  throw new CommandError(
    16611,
    `$mod only supports numeric types, not ${typeName(a)} and ${typeName(b)}`,
  )
})
