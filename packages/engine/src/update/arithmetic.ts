/** Arithmetic of update operators: the result has the wider of the two types, and int64 does not overflow. */
import {
  addDecimals,
  Decimal128,
  Double,
  decimalFromBigInt,
  decimalFromDouble,
  multiplyDecimals,
  type NumericValue,
} from '@gantry/bson'

/** The sum, or undefined when it does not fit into an int64. */
export function add(a: NumericValue, b: NumericValue): NumericValue | undefined {
  if (typeof a === 'number' && typeof b === 'number') return smallestInteger(a + b)
  if (a instanceof Decimal128 || b instanceof Decimal128) {
    return addDecimals(toDecimal(a), toDecimal(b))
  }
  if (a instanceof Double || b instanceof Double) return new Double(toDouble(a) + toDouble(b))
  return int64(BigInt(a) + BigInt(b))
}

/** The product, or undefined when it does not fit into an int64. */
export function multiply(a: NumericValue, b: NumericValue): NumericValue | undefined {
  if (a instanceof Decimal128 || b instanceof Decimal128) {
    return multiplyDecimals(toDecimal(a), toDecimal(b))
  }
  if (a instanceof Double || b instanceof Double) return new Double(toDouble(a) * toDouble(b))
  const product = BigInt(a) * BigInt(b)
  if (typeof a === 'number' && typeof b === 'number' && BigInt.asIntN(32, product) === product) {
    return Number(product)
  }
  return int64(product)
}

/** Zero of the same type. */
export function zeroLike(value: NumericValue): NumericValue {
  if (typeof value === 'number') return 0
  if (typeof value === 'bigint') return 0n
  return value instanceof Double ? new Double(0) : decimalFromBigInt(0n)
}

function smallestInteger(sum: number): number | bigint {
  return (sum | 0) === sum ? sum : BigInt(sum)
}

function int64(value: bigint): bigint | undefined {
  return BigInt.asIntN(64, value) === value ? value : undefined
}

function toDecimal(value: NumericValue): Decimal128 {
  if (value instanceof Decimal128) return value
  if (value instanceof Double) return decimalFromDouble(value.value)
  return decimalFromBigInt(BigInt(value))
}

function toDouble(value: number | bigint | Double): number {
  return value instanceof Double ? value.value : Number(value)
}
