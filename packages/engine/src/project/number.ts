import {
  BsonType,
  compareNumbers,
  Decimal128,
  Double,
  decimalToDouble,
  decodeValue,
  type NumericValue,
  type RawValue,
} from '@gantry/bson'

const INT_MAX = 2 ** 31 - 1

/** Whether a boolean or number includes a field: all but false and zero do. */
export function isTrue({ buf, type, at }: RawValue): boolean {
  if (type === BsonType.bool) return buf[at] !== 0
  return compareNumbers(decodeValue(buf, type, at) as NumericValue, 0) !== 0
}

/** A number of any type without its fraction, held within the range of an int32; NaN counts as 0. */
export function toInt32({ buf, type, at }: RawValue): number {
  const value = decodeValue(buf, type, at) as NumericValue
  const approximate =
    value instanceof Decimal128
      ? decimalToDouble(value)
      : value instanceof Double
        ? value.value
        : Number(value)
  if (Number.isNaN(approximate)) return 0
  return Math.trunc(Math.max(-INT_MAX - 1, Math.min(INT_MAX, approximate)))
}
