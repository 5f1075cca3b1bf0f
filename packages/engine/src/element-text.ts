/** BSON as MongoDB's error messages show it: `{ _id: 1, a: "x", b: [ 1, 2.5 ] }`. */
import {
  BsonType,
  decodeValue,
  findElement,
  isNumericType,
  type RawValue,
  readName,
  readString,
  skipCString,
  someElement,
  type Value,
  valueSize,
} from '@gantry/bson'

const LONGEST_TEXT = 160

/** `name: value`. */
export function elementText(name: string, value: RawValue): string {
  return `${name}: ${valueText(value.buf, value.type, value.at)}`
}

/** The document's `_id: value`, or `no id`. */
export function idText(buf: Buffer, doc: number): string {
  const at = findElement(buf, doc, ID)
  return at === -1 ? 'no id' : `_id: ${valueText(buf, buf[at], at + 5)}`
}

const ID = Buffer.from('_id')

/** A value without its name; long strings are cut. */
export function valueText(buf: Buffer, type: number, at: number): string {
  switch (type) {
    case BsonType.object:
      return documentText(buf, at)
    case BsonType.array:
      return arrayText(buf, at)
    case BsonType.string:
    case BsonType.symbol:
      return quoted(readString(buf, at))
    case BsonType.javascript:
      return readString(buf, at)
    case BsonType.double:
      return doubleText(buf.readDoubleLE(at))
    case BsonType.bool:
      return buf[at] !== 0 ? 'true' : 'false'
    case BsonType.null:
      return 'null'
    case BsonType.undefined:
      return 'undefined'
    case BsonType.minKey:
      return 'MinKey'
    case BsonType.maxKey:
      return 'MaxKey'
    case BsonType.date:
      return `new Date(${buf.readBigInt64LE(at)})`
    case BsonType.timestamp:
      return `Timestamp(${buf.readUInt32LE(at + 4)}, ${buf.readUInt32LE(at)})`
    case BsonType.objectId:
      return `ObjectId('${buf.toString('hex', at, at + 12)}')`
    case BsonType.regex:
      return `/${readName(buf, at)}/${readName(buf, skipCString(buf, at))}`
    case BsonType.binData: {
      const size = valueSize(buf, type, at)
      return `BinData(${buf[at + 4]}, ${buf.toString('hex', at + 5, at + size).toUpperCase()})`
    }
  }
  const value: Value = decodeValue(buf, type, at)
  return isNumericType(type) ? String(value) : 'unknown'
}

/** `{ a: 1 }`. */
export function documentText(buf: Buffer, doc: number): string {
  const parts: string[] = []
  someElement(buf, doc, (type, value, nameAt) => {
    parts.push(`${readName(buf, nameAt)}: ${valueText(buf, type, value)}`)
    return false
  })
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}

function arrayText(buf: Buffer, array: number): string {
  const parts: string[] = []
  someElement(buf, array, (type, value) => {
    parts.push(valueText(buf, type, value))
    return false
  })
  return parts.length === 0 ? '[]' : `[ ${parts.join(', ')} ]`
}

function quoted(text: string): string {
  return text.length > LONGEST_TEXT ? `"${text.slice(0, LONGEST_TEXT)}..."` : `"${text}"`
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan.0'
  if (!Number.isFinite(value)) return value < 0 ? '-inf.0' : 'inf.0'
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? `${value}.0` : String(value)
}
