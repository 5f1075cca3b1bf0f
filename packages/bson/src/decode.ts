import { readInt32, readName, readString, skipCString, valueSize } from './raw.js'
import { BsonType } from './types.js'
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  type Doc,
  Double,
  MaxKey,
  MinKey,
  ObjectId,
  Regex,
  Timestamp,
  Undefined,
  type Value,
} from './value.js'

/** Decodes the document at an offset. Of a name that stands twice the last value counts. */
export function decodeDocument(buf: Buffer, doc = 0): Doc {
  const result: Doc = new Map()
  let at = doc + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const nameEnd = skipCString(buf, at + 1)
    result.set(buf.toString('utf8', at + 1, nameEnd - 1), decodeValue(buf, type, nameEnd))
    at = nameEnd + valueSize(buf, type, nameEnd)
  }
  return result
}

function decodeArray(buf: Buffer, array: number): Value[] {
  const result: Value[] = []
  let at = array + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const value = skipCString(buf, at + 1)
    result.push(decodeValue(buf, type, value))
    at = value + valueSize(buf, type, value)
  }
  return result
}

/** Decodes one value. The result shares no memory with the buffer. */
export function decodeValue(buf: Buffer, type: number, at: number): Value {
  switch (type) {
    case BsonType.double:
      return new Double(buf.readDoubleLE(at))
    case BsonType.string:
      return readString(buf, at)
    case BsonType.object:
      return decodeDocument(buf, at)
    case BsonType.array:
      return decodeArray(buf, at)
    case BsonType.binData:
      return new Binary(copy(buf, at + 5, readInt32(buf, at)), buf[at + 4])
    case BsonType.undefined:
      return new Undefined()
    case BsonType.objectId:
      return new ObjectId(copy(buf, at, 12))
    case BsonType.bool:
      return buf[at] !== 0
    case BsonType.date:
      return new DateTime(buf.readBigInt64LE(at))
    case BsonType.null:
      return null
    case BsonType.regex:
      return new Regex(readName(buf, at), readName(buf, skipCString(buf, at)))
    case BsonType.dbPointer:
      return new DBPointer(
        readString(buf, at),
        new ObjectId(copy(buf, at + 4 + readInt32(buf, at), 12)),
      )
    case BsonType.javascript:
      return new Code(readString(buf, at))
    case BsonType.symbol:
      return new BsonSymbol(readString(buf, at))
    case BsonType.javascriptWithScope:
      return new Code(readString(buf, at + 4), decodeDocument(buf, at + 8 + readInt32(buf, at + 4)))
    case BsonType.int:
      return readInt32(buf, at)
    case BsonType.timestamp:
      return new Timestamp(readInt32(buf, at + 4) >>> 0, readInt32(buf, at) >>> 0)
    case BsonType.long:
      return buf.readBigInt64LE(at)
    case BsonType.decimal:
      return new Decimal128(copy(buf, at, 16))
    case BsonType.minKey:
      return new MinKey()
    case BsonType.maxKey:
      return new MaxKey()
    default:
      throw new RangeError(`unknown BSON type ${type}`)
  }
}

function copy(buf: Buffer, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  buf.copy(bytes, 0, at, at + length)
  return bytes
}
