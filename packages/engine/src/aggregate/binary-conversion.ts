/** Conversions of binary data: to and from text in several codings, and to and from numbers by bytes. */
import { Binary, BsonType, Double, typeAlias, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { exactInteger } from './numeric.js'
import { isNullish, isNumeric, typeName } from './values.js'

/** As given, to be checked only when the conversion needs them. */
export interface BinaryOptions {
  readonly format?: Value
  readonly byteOrder?: Value
  readonly subtype?: Value
}

const FORMATS = ['auto', 'base64', 'base64url', 'hex', 'utf8', 'uuid'] as const
type Format = (typeof FORMATS)[number]

function failed(message: string): CommandError {
  return new CommandError('ConversionFailure', `${message} in $convert with no onError value`)
}

function readFormat({ format }: BinaryOptions, from: string, to: string): Format {
  if (isNullish(format)) {
    throw new CommandError(
      4341115,
      `Format must be speficied when converting from '${from}' to '${to}'`,
    )
  }
  if (typeof format !== 'string') {
    throw new CommandError(
      4341114,
      `$convert requires that 'format' be a string, found: ${typeName(format)} with value ${format}`,
    )
  }
  if (!(FORMATS as readonly string[]).includes(format)) {
    throw new CommandError(4341125, `Invalid 'format' argument for $convert: ${format}`)
  }
  return format as Format
}

/** Little-endian unless said otherwise. */
function isBigEndian({ byteOrder }: BinaryOptions): boolean {
  if (isNullish(byteOrder)) return false
  if (typeof byteOrder !== 'string') {
    throw new CommandError(
      9130001,
      `$convert requires that 'byteOrder' be a string, found: ${typeName(byteOrder)} with value ${byteOrder}`,
    )
  }
  if (byteOrder !== 'little' && byteOrder !== 'big') {
    throw new CommandError(9130002, `Invalid 'byteOrder' argument for $convert: ${byteOrder}`)
  }
  return byteOrder === 'big'
}

function readSubtype({ subtype }: BinaryOptions): number {
  if (subtype === undefined) return 0
  if (!isNumeric(subtype)) {
    throw new CommandError(
      4341108,
      `In $convert, 'to.subtype' must be a number, but got ${typeName(subtype)}`,
    )
  }
  const integer = exactInteger(subtype)
  if (integer === undefined || integer > 0x7fff_ffffn || integer < -0x8000_0000n) {
    throw new CommandError(4341106, `In $convert, numeric 'subtype' argument is not an integer`)
  }
  const number = Number(integer)
  if (number < 0 || (number > 9 && number < 128) || number > 255) {
    throw new CommandError(
      4341107,
      `In $convert, numeric value for 'subtype' does not correspond to a BinData type: ${number}`,
    )
  }
  return number
}

export function toBinary(value: Value, options: BinaryOptions): Value {
  const subtype = readSubtype(options)
  if (typeof value === 'string') {
    return new Binary(decodeText(value, readFormat(options, 'string', 'binData'), subtype), subtype)
  }
  if (value instanceof Binary) {
    if (value.subtype === subtype) return value
    throw failed('Conversions between different binary subtypes are not supported')
  }
  const bytes = numberBytes(value)
  if (isBigEndian(options)) bytes.reverse()
  return new Binary(bytes, subtype)
}

function numberBytes(value: Value): Buffer {
  const bytes = Buffer.alloc(typeof value === 'number' ? 4 : 8)
  if (typeof value === 'number') bytes.writeInt32LE(value)
  else if (typeof value === 'bigint') bytes.writeBigInt64LE(value)
  else if (value instanceof Double) bytes.writeDoubleLE(value.value)
  else {
    throw new CommandError(
      'ConversionFailure',
      `Unsupported conversion from ${typeName(value)} to binData in $convert with no onError value`,
    )
  }
  return bytes
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function decodeText(text: string, format: Format, subtype: number): Buffer {
  if (format === 'uuid' || subtype === 4) {
    if (format !== 'uuid' || subtype !== 4) {
      throw failed(
        `Can only convert to UUID with format 'uuid' and subtype 4, but got format '${format}' and subtype ${subtype}`,
      )
    }
    if (UUID.test(text)) return Buffer.from(text.replaceAll('-', ''), 'hex')
    throw failed(`Failed to parse BinData '${text}': Input is not a valid UUID string`)
  }
  const pattern = {
    base64: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
    base64url: /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}(?:==)?|[A-Za-z0-9_-]{3}=?)?$/,
    hex: /^(?:[0-9a-f]{2})*$/i,
    utf8: /^/,
  }[format as 'utf8']
  if (!pattern?.test(text))
    throw failed(`Failed to parse BinData '${text}': Input is not a valid ${format} string`)
  return Buffer.from(text, format as 'utf8')
}

export function binaryToString(value: Binary, options: BinaryOptions): string {
  const format = readFormat(options, 'binData', 'string')
  const { bytes, subtype } = value
  const isUuid = subtype === 4 && bytes.length === 16
  const chosen = format === 'auto' ? (isUuid ? 'uuid' : 'base64') : format
  if (chosen === 'uuid') {
    if (!isUuid) throw failed(`Failed to convert BinData to UUID: the value is not a UUID`)
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  }
  if (chosen === 'hex') return bytes.toString('hex').toUpperCase()
  const text = bytes.toString(chosen)
  if (chosen === 'utf8' && !Buffer.from(text).equals(bytes)) {
    throw failed(`BinData does not represent a valid UTF-8 string`)
  }
  return text
}

const WIDTHS: Record<number, readonly number[]> = {
  [BsonType.int]: [1, 2, 4],
  [BsonType.long]: [1, 2, 4, 8],
  [BsonType.double]: [4, 8],
}

/** A number from its bytes; how many there may be depends on the type. */
export function binaryToNumber(value: Binary, type: number, options: BinaryOptions): Value {
  const big = isBigEndian(options)
  if (!WIDTHS[type].includes(value.bytes.length)) {
    throw failed(
      `Failed to convert ${value.bytes.length} bytes of BinData to ${typeAlias(type)}: invalid length`,
    )
  }
  const bytes = Buffer.from(value.bytes)
  if (big) bytes.reverse()
  const { length } = bytes
  if (type === BsonType.double) {
    return new Double(length === 4 ? bytes.readFloatLE(0) : bytes.readDoubleLE(0))
  }
  const integer = length === 8 ? bytes.readBigInt64LE(0) : BigInt(bytes.readIntLE(0, length))
  return type === BsonType.int ? Number(integer) : integer
}
