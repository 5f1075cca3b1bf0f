/** Questions about values that operators, accumulators and stages ask alike. */
import {
  Decimal128,
  Double,
  type NumericValue,
  typeAlias,
  typeOf,
  Undefined,
  type Value,
} from '@gantry/bson'

/** Null, undefined or missing. */
export function isNullish(value: Value | undefined): value is null | Undefined | undefined {
  return value === undefined || value === null || value instanceof Undefined
}

export function isNumeric(value: Value | undefined): value is NumericValue {
  return (
    typeof value === 'number' ||
    value instanceof Double ||
    typeof value === 'bigint' ||
    value instanceof Decimal128
  )
}

/** MongoDB's truth: null, missing, false and zero are false; all else, NaN and empty strings included, is true. */
export function isTrue(value: Value | undefined): boolean {
  if (typeof value === 'boolean') return value
  if (isNullish(value)) return false
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'bigint') return value !== 0n
  if (value instanceof Double) return value.value !== 0
  if (value instanceof Decimal128) return !isZeroDecimal(value)
  return true
}

function isZeroDecimal(value: Decimal128): boolean {
  const { bytes } = value
  // Infinity and NaN have the top combination bits set; a finite zero has no coefficient bit.
  if ((bytes[15] & 0x78) === 0x78) return false
  if ((bytes[15] & 0x60) === 0x60) return true
  for (let i = 0; i < 14; i++) if (bytes[i] !== 0) return false
  return (bytes[14] & 1) === 0
}

/** The alias of a value's type, as error messages name it; `missing` when there is none. */
export function typeName(value: Value | undefined): string {
  return typeAlias(typeOf(value))
}
