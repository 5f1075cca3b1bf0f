/** Conversions between types, as `$convert` makes them. */
import {
  Binary,
  BsonType,
  DateTime,
  Decimal128,
  Double,
  decimalFromBigInt,
  decimalFromDouble,
  decimalFromParts,
  decimalParts,
  decimalToDouble,
  ObjectId,
  Timestamp,
  typeAlias,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import {
  type BinaryOptions,
  binaryToNumber,
  binaryToString,
  toBinary,
} from './binary-conversion.js'
import { parseDate } from './dates/parse.js'
import { INT64_MAX, INT64_MIN, isInt64 } from './numeric.js'
import { coerceToString, doubleText } from './text.js'
import { isTrue, typeName } from './values.js'

/** What may accompany a conversion from or to binary data. */
export type ConversionOptions = BinaryOptions

/** Converts a value that is not null to the type with a type byte. Throws ConversionFailure when that cannot be. */
export function convertValue(value: Value, type: number, options: ConversionOptions): Value {
  switch (type) {
    case BsonType.double:
      return toDouble(value, options)
    case BsonType.string:
      return toText(value, options)
    case BsonType.binData:
      return toBinary(value, options)
    case BsonType.objectId:
      return toObjectId(value)
    case BsonType.bool:
      return toBool(value)
    case BsonType.date:
      return toDate(value)
    case BsonType.int:
      return toInt(value, options)
    case BsonType.long:
      return toLong(value, options)
    case BsonType.decimal:
      return toDecimal(value)
    default:
      throw unsupported(value, type)
  }
}

function unsupported(value: Value, type: number): CommandError {
  return new CommandError(
    'ConversionFailure',
    `Unsupported conversion from ${typeName(value)} to ${typeAlias(type)} in $convert with no onError value`,
  )
}

function failed(message: string): CommandError {
  return new CommandError('ConversionFailure', `${message} in $convert with no onError value`)
}

function toDouble(value: Value, options: ConversionOptions): Value {
  if (value instanceof Double) return value
  if (typeof value === 'number' || typeof value === 'bigint') return new Double(Number(value))
  if (typeof value === 'boolean') return new Double(value ? 1 : 0)
  if (value instanceof DateTime) return new Double(Number(value.ms))
  if (typeof value === 'string') return new Double(parseDouble(value))
  if (value instanceof Binary) return binaryToNumber(value, BsonType.double, options)
  if (!(value instanceof Decimal128)) throw unsupported(value, BsonType.double)
  const double = decimalToDouble(value)
  if (decimalParts(value).kind === 'finite' && !Number.isFinite(double)) {
    throw failed(`Conversion would overflow target type`)
  }
  return new Double(double)
}

const DOUBLE = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** As C writes doubles exactly: digits to the base 16, times a power of two. */
const HEX_DOUBLE = /^([+-]?)0x(?=\.?[0-9a-f])([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?\d+))?$/i

function parseHexDouble([, sign, whole, fraction, power]: RegExpExecArray): number {
  const magnitude =
    Number.parseInt(`0${whole}${fraction}`, 16) * 2 ** (Number(power ?? 0) - 4 * fraction.length)
  return sign === '-' ? -magnitude : magnitude
}

function parseDouble(text: string): number {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^[+-]?nan$/i.test(text)) return Number.NaN
  const hex = HEX_DOUBLE.exec(text)
  if (!hex && !DOUBLE.test(text)) throw unreadable(text)
  const value = hex ? parseHexDouble(hex) : Number(text)
  const vanished = value === 0 && /[1-9]/.test(text.split(/e/i)[0]) && !hex
  if (!Number.isFinite(value) || vanished) throw unreadable(text, 'Out of range')
  return value
}

function unreadable(text: string, reason = 'Did not consume whole string.'): CommandError {
  return failed(`Failed to parse number '${text}' (${reason})`)
}

function toInt(value: Value, options: ConversionOptions): Value {
  if (typeof value === 'number') return value
  if (value instanceof Binary) return binaryToNumber(value, BsonType.int, options)
  if (value instanceof DateTime) throw unsupported(value, BsonType.int)
  const integer = toInteger(value, BsonType.int, -0x8000_0000n, 0x7fff_ffffn)
  return Number(integer)
}

function toLong(value: Value, options: ConversionOptions): Value {
  if (typeof value === 'bigint') return value
  if (value instanceof DateTime) return value.ms
  if (value instanceof Binary) return binaryToNumber(value, BsonType.long, options)
  return toInteger(value, BsonType.long, INT64_MIN, INT64_MAX)
}

function toInteger(value: Value, type: number, least: bigint, most: bigint): bigint {
  const integer = truncated(value, type)
  if (integer >= least && integer <= most) return integer
  throw typeof value === 'string'
    ? unreadable(value, 'Overflow')
    : failed(`Conversion would overflow target type: ${integer}`)
}

function truncated(value: Value, type: number): bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return BigInt(value)
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'string') {
    if (/^[+-]?\d+$/.test(value)) return BigInt(value.replace('+', ''))
    throw unreadable(value)
  }
  if (value instanceof Double) {
    if (!Number.isFinite(value.value)) throw notFinite(value.value)
    return BigInt(Math.trunc(value.value))
  }
  if (!(value instanceof Decimal128)) throw unsupported(value, type)
  const parts = decimalParts(value)
  if (parts.kind !== 'finite') throw notFinite(parts.kind === 'nan' ? Number.NaN : Infinity)
  // Beyond 10^40 nothing fits, so the exact power does not matter.
  const magnitude =
    parts.exponent >= 0
      ? parts.coefficient * 10n ** BigInt(Math.min(parts.exponent, 40))
      : parts.coefficient / 10n ** BigInt(-parts.exponent)
  return parts.negative ? -magnitude : magnitude
}

function notFinite(value: number): CommandError {
  return failed(
    `Attempt to convert ${Number.isNaN(value) ? 'NaN' : 'infinity'} value to integer type`,
  )
}

function toDecimal(value: Value): Value {
  if (value instanceof Decimal128) return value
  if (typeof value === 'number' || typeof value === 'bigint') {
    return decimalFromBigInt(BigInt(value))
  }
  if (typeof value === 'boolean') return decimalFromBigInt(value ? 1n : 0n)
  if (value instanceof Double) return decimalFromDouble(value.value)
  if (value instanceof DateTime) return decimalFromBigInt(value.ms)
  if (typeof value === 'string') return parseDecimal(value)
  throw unsupported(value, BsonType.decimal)
}

const DECIMAL = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i

function parseDecimal(text: string): Decimal128 {
  const special = /^([+-]?)(inf|nan)/i.exec(text)
  if (special && /^[+-]?(inf(inity)?|nan)$/i.test(text)) {
    const negative = special[1] === '-'
    return decimalFromParts(
      special[2].toLowerCase() === 'nan' ? { kind: 'nan' } : { kind: 'infinity', negative },
    )
  }
  const match = DOUBLE.test(text) ? DECIMAL.exec(text) : null
  if (!match) throw unreadable(text)
  const [, sign, whole, fraction, power] = match
  const coefficient = BigInt(whole + fraction)
  const exponent = Number(power ?? 0) - fraction.length
  const decimal = decimalFromParts({
    kind: 'finite',
    negative: sign === '-',
    coefficient,
    exponent,
  })
  const parts = decimalParts(decimal)
  const lost = parts.kind !== 'finite' || (parts.coefficient === 0n && coefficient !== 0n)
  if (lost) throw unreadable(text, 'Out of range')
  return decimal
}

function toBool(value: Value): Value {
  return isTrue(value)
}

function toDate(value: Value): Value {
  if (value instanceof DateTime) return value
  if (typeof value === 'bigint') return new DateTime(value)
  if (value instanceof Double || value instanceof Decimal128) {
    const ms = truncated(value, BsonType.date)
    if (!isInt64(ms)) throw failed(`Conversion would overflow target type`)
    return new DateTime(ms)
  }
  if (typeof value === 'string') return DateTime.fromMs(parseDate(value))
  if (value instanceof Timestamp) return new DateTime(BigInt(value.t) * 1000n)
  if (value instanceof ObjectId)
    return new DateTime(BigInt(Buffer.from(value.id).readInt32BE(0)) * 1000n)
  throw unsupported(value, BsonType.date)
}

function toObjectId(value: Value): Value {
  if (value instanceof ObjectId) return value
  if (typeof value !== 'string') throw unsupported(value, BsonType.objectId)
  if (/^[0-9a-f]{24}$/i.test(value)) return new ObjectId(value)
  throw failed(
    value.length === 24
      ? `Failed to parse objectId '${value}': Invalid character found in hex string: '${value}'`
      : `Failed to parse objectId '${value}': Invalid string length for parsing to OID, expected 24 but found ${value.length}`,
  )
}

function toText(value: Value, options: ConversionOptions): Value {
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value instanceof ObjectId) return value.toHexString()
  if (value instanceof Double) return doubleText(value.value)
  if (value instanceof Binary) return binaryToString(value, options)
  if (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    value instanceof Decimal128 ||
    value instanceof DateTime
  ) {
    return coerceToString(value)
  }
  throw unsupported(value, BsonType.string)
}
