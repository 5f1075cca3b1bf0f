import {
  BsonType,
  canonicalRank,
  compareValues,
  Decimal128,
  Double,
  decimalToDouble,
  decodeValue,
  isNumericType,
  type NumericValue,
  type RawValue,
  type Value,
  valueSize,
} from '@gantry/bson'

export function decode(value: RawValue): Value {
  return decodeValue(value.buf, value.type, value.at)
}

/** Whether two values are the same in type and bytes. */
export function identical(a: RawValue, b: RawValue): boolean {
  return (
    a.type === b.type &&
    a.size === b.size &&
    a.buf.compare(b.buf, b.at, b.at + b.size, a.at, a.at + a.size) === 0
  )
}

/** Order by value, numbers of all types together. */
export function compareRaw(a: RawValue, b: RawValue): number {
  const order = canonicalRank(a.type) - canonicalRank(b.type)
  return order !== 0 ? order : compareValues(decode(a), decode(b))
}

/** How many levels of documents and arrays a value has. */
export function depthOf({ buf, type, at }: Pick<RawValue, 'buf' | 'type' | 'at'>): number {
  if (type !== BsonType.object && type !== BsonType.array) return 0
  let deepest = 0
  for (let pos = at + 4; buf[pos] !== 0; ) {
    const inner = buf[pos]
    const value = buf.indexOf(0, pos + 1) + 1
    deepest = Math.max(deepest, depthOf({ buf, type: inner, at: value }))
    pos = value + valueSize(buf, inner, value)
  }
  return deepest + 1
}

/** A number of any type that is a whole one, held within the range of safe integers; undefined for all else. */
export function integerOf(value: RawValue): number | undefined {
  if (!isNumericType(value.type)) return undefined
  const number = decode(value) as NumericValue
  if (typeof number === 'number') return number
  const approximate =
    number instanceof Decimal128
      ? decimalToDouble(number)
      : number instanceof Double
        ? number.value
        : Number(number)
  if (!Number.isInteger(approximate)) return undefined
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, approximate))
}
