/**
 * BSON to JSON text in MongoDB's legacy strict form, without blanks.
 *
 * Integers are plain numbers in full digits; doubles keep a point or an exponent (`1.0`)
 * and print as null when not finite. A timestamp is `{"t":1,"i":0}`, a symbol plain text,
 * and a binary UUID `{"$uuid":…}`. The legacy form knows no Decimal128: it prints as
 * `{"$numberDecimal":"1.10"}`, which alone keeps all its digits. Bytes of strings that
 * are not UTF-8 print as U+FFFD.
 */
import { isUtf8 } from 'node:buffer'
import { readInt32, skipCString, valueSize } from '../raw.js'
import { BsonType } from '../types.js'
import { Decimal128 } from '../value.js'
import { JsonText, ROOM } from './json-text.js'
import { printDouble, printInt64 } from './print-number.js'

const HEX = Buffer.from('0123456789abcdef')
const COMMA = 0x2c

/** Collects JSON text. Made once and used again: what `take` returns is a copy. */
export class JsonWriter {
  private readonly out: JsonText

  constructor(capacity = 64 * 1024) {
    this.out = new JsonText(capacity)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.out.at
  }

  /** Text as it is, for what stands around values. */
  text(text: string): void {
    const { out } = this
    out.reserve(text.length * 3)
    out.at += out.buf.write(text, out.at)
  }

  /** The document at an offset of a buffer. */
  document(buf: Buffer, doc = 0): void {
    this.value(buf, BsonType.object, doc)
  }

  /** The value of a type at an offset of a buffer. */
  value(buf: Buffer, type: number, at: number): void {
    const { out } = this
    const start = out.at
    out.seen = 0
    out.reserve(ROOM)
    this.print(buf, type, at)
    if (out.seen > 0x7f && !isUtf8(out.buf.subarray(start, out.at))) this.repair(start)
  }

  /** All that was written; the writer starts anew. */
  take(): Buffer {
    const bytes = this.out.copy()
    this.clear()
    return bytes
  }

  /** Drops what was written. */
  clear(): void {
    this.out.at = 0
    this.out.shrink()
  }

  private repair(start: number): void {
    const { out } = this
    const valid = Buffer.from(out.buf.toString('utf8', start, out.at))
    out.at = start
    out.reserve(valid.length)
    valid.copy(out.buf, start)
    out.at += valid.length
  }

  private print(buf: Buffer, type: number, at: number): void {
    const { out } = this
    switch (type) {
      case BsonType.string:
      case BsonType.symbol:
        return this.out.string(buf, at + 4, at + 3 + readInt32(buf, at))
      case BsonType.int:
        return this.int32(readInt32(buf, at))
      case BsonType.double:
        return printDouble(out, buf, at)
      case BsonType.object:
        return this.object(buf, at)
      case BsonType.array:
        return this.array(buf, at)
      case BsonType.bool:
        return this.out.ascii(buf[at] === 0 ? 'false' : 'true')
      case BsonType.null:
        return this.out.ascii('null')
      case BsonType.objectId:
        return this.objectId(buf, at)
      case BsonType.long:
        return printInt64(out, buf, at)
      case BsonType.date:
        this.out.ascii('{"$date":')
        printInt64(out, buf, at)
        return this.out.ascii('}')
      default:
        return this.rare(buf, type, at)
    }
  }

  private rare(buf: Buffer, type: number, at: number): void {
    switch (type) {
      case BsonType.timestamp:
        this.out.ascii('{"t":')
        this.out.digits(readInt32(buf, at + 4) >>> 0)
        this.out.ascii(',"i":')
        this.out.digits(readInt32(buf, at) >>> 0)
        return this.out.ascii('}')
      case BsonType.binData:
        return this.binary(buf, at)
      case BsonType.regex:
        return this.regex(buf, at)
      case BsonType.minKey:
        return this.out.ascii('{"$minKey":1}')
      case BsonType.maxKey:
        return this.out.ascii('{"$maxKey":1}')
      case BsonType.undefined:
        return this.out.ascii('{"$undefined":true}')
      case BsonType.javascript:
        return this.code(buf, at, -1)
      case BsonType.javascriptWithScope:
        return this.code(buf, at + 4, at + 8 + readInt32(buf, at + 4))
      case BsonType.dbPointer:
        return this.pointer(buf, at)
      case BsonType.decimal:
        this.out.ascii('{"$numberDecimal":"')
        this.out.ascii(new Decimal128(buf.subarray(at, at + 16)).toString())
        return this.out.ascii('"}')
      default:
        throw new RangeError(`unknown BSON type ${type}`)
    }
  }

  private object(buf: Buffer, doc: number): void {
    const { out } = this
    out.buf[out.at++] = 0x7b
    let at = doc + 4
    for (let type = buf[at]; type !== 0; type = buf[at]) {
      out.reserve(ROOM)
      if (at !== doc + 4) out.buf[out.at++] = COMMA
      const value = this.out.name(buf, at + 1)
      out.buf[out.at++] = 0x3a
      this.print(buf, type, value)
      at = value + valueSize(buf, type, value)
    }
    out.reserve(ROOM)
    out.buf[out.at++] = 0x7d
  }

  private array(buf: Buffer, array: number): void {
    const { out } = this
    out.buf[out.at++] = 0x5b
    let at = array + 4
    for (let type = buf[at]; type !== 0; type = buf[at]) {
      out.reserve(ROOM)
      if (at !== array + 4) out.buf[out.at++] = COMMA
      const value = skipCString(buf, at + 1)
      this.print(buf, type, value)
      at = value + valueSize(buf, type, value)
    }
    out.reserve(ROOM)
    out.buf[out.at++] = 0x5d
  }

  private int32(value: number): void {
    const { out } = this
    if (value < 0) out.buf[out.at++] = 0x2d
    out.digits(Math.abs(value))
  }

  private objectId(buf: Buffer, at: number): void {
    this.out.ascii('{"$oid":"')
    const { out } = this
    const to = out.buf
    let pos = out.at
    for (let i = at; i < at + 12; i++) {
      const byte = buf[i]
      to[pos++] = HEX[byte >> 4]
      to[pos++] = HEX[byte & 15]
    }
    out.at = pos
    this.out.ascii('"}')
  }

  private binary(buf: Buffer, at: number): void {
    const subtype = buf[at + 4]
    let start = at + 5
    const end = start + readInt32(buf, at)
    if (subtype === 4 && end - start === 16) {
      return this.out.ascii(`{"$uuid":"${buf.toString('hex', start, end)}"}`)
    }
    // The old binary subtype 2 repeats its length inside; the JSON form leaves that out.
    if (subtype === 2 && end - start >= 4 && readInt32(buf, start) === end - start - 4) start += 4
    const base64 = buf.toString('base64', start, end)
    this.out.ascii('{"$binary":"')
    this.out.reserve(base64.length + ROOM)
    this.out.at += this.out.buf.write(base64, this.out.at, 'latin1')
    this.out.ascii(`","$type":"${subtype.toString(16).padStart(2, '0')}"}`)
  }

  private regex(buf: Buffer, at: number): void {
    const options = skipCString(buf, at)
    this.out.ascii('{"$regex":')
    this.out.string(buf, at, options - 1)
    this.out.ascii(',"$options":')
    this.out.string(buf, options, skipCString(buf, options) - 1)
    this.out.ascii('}')
  }

  private code(buf: Buffer, code: number, scope: number): void {
    this.out.ascii('{"$code":')
    this.out.string(buf, code + 4, code + 3 + readInt32(buf, code))
    if (scope !== -1) {
      this.out.ascii(',"$scope":')
      this.object(buf, scope)
    }
    this.out.ascii('}')
  }

  private pointer(buf: Buffer, at: number): void {
    const id = at + 4 + readInt32(buf, at)
    this.out.ascii('{"$ref":')
    this.out.string(buf, at + 4, id - 1)
    this.out.ascii(',"$id":')
    this.objectId(buf, id)
    this.out.ascii('}')
  }
}

const shared = new JsonWriter()

/** The JSON text of a document, or of a value of another type. */
export function printJson(buf: Buffer, at = 0, type: number = BsonType.object): Buffer {
  try {
    shared.value(buf, type, at)
    return shared.take()
  } catch (error) {
    shared.clear()
    throw error
  }
}
