import { Decimal128, Double, type NumericValue, powerOfDecimal, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { integerResult, isInt64, toDecimal, toDouble } from '../numeric.js'
import { isNullish, isNumeric, isTrue, typeName } from '../values.js'
import { binary, type OperatorParser } from './arguments.js'

/** A number to the power of another. */
export const pow: OperatorParser = binary((base, exponent) => {
  if (isNullish(base) || isNullish(exponent)) return null
  if (!isNumeric(base)) {
    throw new CommandError(28762, `$pow's base must be numeric, not ${typeName(base)}`)
  }
  if (!isNumeric(exponent)) {
    throw new CommandError(28763, `$pow's exponent must be numeric, not ${typeName(exponent)}`)
  }
  if (!isTrue(base) && toDouble(exponent) < 0) {
    throw new CommandError(28764, '$pow cannot take a base of 0 and a negative exponent')
  }
  return power(base, exponent)
})

function power(base: NumericValue, exponent: NumericValue): Value {
  if (base instanceof Decimal128 || exponent instanceof Decimal128) {
    return powerOfDecimal(toDecimal(base), toDecimal(exponent))
  }
  if (base instanceof Double || exponent instanceof Double) {
    return new Double(doublePower(toDouble(base), toDouble(exponent)))
  }
  return integerPower(base, exponent)
}

/** As C has it, one to any power is one. */
function doublePower(base: number, exponent: number): number {
  if (base === 1) return 1
  if (base === -1 && !Number.isFinite(exponent) && !Number.isNaN(exponent)) return 1
  return base ** exponent
}

function integerPower(base: number | bigint, exponent: number | bigint): Value {
  const wide = typeof base === 'bigint' || typeof exponent === 'bigint'
  const x = BigInt(base)
  const y = BigInt(exponent)
  if (x === 0n || x === 1n) return integerResult(y === 0n ? 1n : x, wide)
  if (x === -1n) return integerResult(y % 2n === 0n ? 1n : -1n, wide)
  if (y < 0n || y > 63n) return new Double(Number(x) ** Number(y))
  const result = x ** y
  return isInt64(result) ? integerResult(result, wide) : new Double(Number(x) ** Number(y))
}
