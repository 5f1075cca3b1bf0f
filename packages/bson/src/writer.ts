import { RawValue } from './raw.js'
import { BsonType } from './types.js'
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  Double,
  ObjectId,
  Regex,
  Timestamp,
  typeOf,
  type Value,
} from './value.js'

/** What can be written as a value: a decoded value, or a plain object with such values, as replies are made of. A key whose value is undefined is left out. */
export type Writable =
  | Value
  | RawValue
  | ReadonlyMap<string, Writable>
  | { readonly [key: string]: Writable | undefined }
  | readonly Writable[]

/** A writer that grew beyond this for one large document lets go of the memory afterwards. */
const KEPT_CAPACITY = 1 << 20

/**
 * Builds BSON front to back in a buffer that grows. `begin…` and `end` must pair;
 * a finished document is taken out with `take`, which copies it.
 */
export class BsonWriter {
  private buf: Buffer
  private at = 0

  constructor(capacity = 1024) {
    this.buf = Buffer.allocUnsafeSlow(capacity)
  }

  /** Bytes written so far; also what `beginDocument` returned for the document that starts here. */
  get length(): number {
    return this.at
  }

  /** Starts a document without type and name: the outermost one. Returns the mark that `end` wants. */
  beginDocument(): number {
    this.reserve(5)
    const mark = this.at
    this.at += 4
    return mark
  }

  /** Starts a document or array element; its own elements follow until `end(mark)`. */
  begin(name: string, type: typeof BsonType.object | typeof BsonType.array): number {
    this.name(type, name)
    return this.beginDocument()
  }

  /** Ends the document that began at the mark. */
  end(mark: number): void {
    this.reserve(1)
    this.buf[this.at++] = 0
    this.buf.writeInt32LE(this.at - mark, mark)
  }

  /** Type byte and name of the element whose value is written next. */
  name(type: number, name: string): void {
    this.reserve(name.length * 3 + 2)
    const { buf } = this
    let at = this.at
    buf[at++] = type
    const { length } = name
    for (let i = 0; i < length; i++) {
      const code = name.charCodeAt(i)
      if (code === 0) throw new RangeError('a field name cannot hold a null byte')
      if (code > 0x7f) {
        if (name.indexOf('\0', i) !== -1)
          throw new RangeError('a field name cannot hold a null byte')
        at += buf.write(name.slice(i), at)
        break
      }
      buf[at++] = code
    }
    buf[at++] = 0
    this.at = at
  }

  /** An element from a value. */
  element(name: string, value: Writable): void {
    if (value instanceof RawValue) {
      this.rawElement(name, value.type, value.buf, value.at, value.size)
      return
    }
    if (isPlainObject(value)) {
      this.name(BsonType.object, name)
      this.plainDocument(value)
      return
    }
    this.name(typeOf(value as Value), name)
    this.value(value as Value)
  }

  /** An element whose value bytes are copied from another buffer. */
  rawElement(name: string, type: number, from: Buffer, at: number, size: number): void {
    this.name(type, name)
    this.bytes(from, at, size)
  }

  /** A whole document from a decoded one. */
  document(doc: ReadonlyMap<string, Writable>): void {
    const mark = this.beginDocument()
    for (const [name, value] of doc) this.element(name, value)
    this.end(mark)
  }

  plainDocument(doc: { readonly [key: string]: Writable | undefined }): void {
    const mark = this.beginDocument()
    for (const name of Object.keys(doc)) {
      const value = doc[name]
      if (value !== undefined) this.element(name, value)
    }
    this.end(mark)
  }

  int32(value: number): void {
    this.reserve(4)
    this.at = this.buf.writeInt32LE(value, this.at)
  }

  int64(value: bigint): void {
    this.reserve(8)
    this.at = this.buf.writeBigInt64LE(value, this.at)
  }

  double(value: number): void {
    this.reserve(8)
    this.at = this.buf.writeDoubleLE(value, this.at)
  }

  byte(value: number): void {
    this.reserve(1)
    this.buf[this.at++] = value
  }

  /** A string value: length, UTF-8 bytes, zero. */
  string(value: string): void {
    this.reserve(value.length * 3 + 5)
    const written = this.buf.write(value, this.at + 4)
    this.buf.writeInt32LE(written + 1, this.at)
    this.at += 4 + written
    this.buf[this.at++] = 0
  }

  cstring(value: string): void {
    if (value.includes('\0')) throw new RangeError('a regular expression cannot hold a null byte')
    this.reserve(value.length * 3 + 1)
    this.at += this.buf.write(value, this.at)
    this.buf[this.at++] = 0
  }

  /** Bytes as they are. */
  bytes(from: Buffer, at: number, size: number): void {
    this.reserve(size)
    from.copy(this.buf, this.at, at, at + size)
    this.at += size
  }

  /** Drops everything behind a mark, which must be a former `length`. */
  rewind(length: number): void {
    this.at = length
  }

  /** A copy of the bytes from `from` to the end; the writer starts anew when that is everything. */
  take(from = 0): Buffer {
    // From Node's pool: small documents then cost a fraction of a buffer of their own.
    const result = Buffer.allocUnsafe(this.at - from)
    this.buf.copy(result, 0, from, this.at)
    this.at = from
    if (from === 0 && this.buf.length > KEPT_CAPACITY)
      this.buf = Buffer.allocUnsafeSlow(KEPT_CAPACITY)
    return result
  }

  /** The bytes of a decoded value, without type and name. */
  value(value: Value): void {
    switch (typeof value) {
      case 'string':
        return this.string(value)
      case 'number':
        if ((value | 0) !== value) throw new RangeError(`not an int32: ${value}`)
        return this.int32(value)
      case 'bigint':
        return this.int64(value)
      case 'boolean':
        return this.byte(value ? 1 : 0)
    }
    if (value === null) return
    if (value instanceof Map) return this.document(value)
    if (Array.isArray(value)) return this.array(value)
    if (value instanceof Double) return this.double(value.value)
    if (value instanceof ObjectId) return this.bytes(value.id as Buffer, 0, 12)
    if (value instanceof DateTime) return this.int64(value.ms)
    this.rareValue(value)
  }

  private array(values: readonly Writable[]): void {
    const mark = this.beginDocument()
    for (let i = 0; i < values.length; i++) this.element(indexName(i), values[i])
    this.end(mark)
  }

  private rareValue(value: Value): void {
    if (value instanceof Binary) {
      this.int32(value.bytes.length)
      this.byte(value.subtype)
      this.bytes(value.bytes, 0, value.bytes.length)
    } else if (value instanceof Timestamp) {
      this.int32(value.i | 0)
      this.int32(value.t | 0)
    } else if (value instanceof Decimal128) {
      this.bytes(value.bytes as Buffer, 0, 16)
    } else if (value instanceof Regex) {
      this.cstring(value.pattern)
      this.cstring(value.options)
    } else if (value instanceof Code) {
      this.code(value)
    } else if (value instanceof BsonSymbol) {
      this.string(value.value)
    } else if (value instanceof DBPointer) {
      this.string(value.namespace)
      this.bytes(value.id.id as Buffer, 0, 12)
    }
    // What is left (Undefined, MinKey, MaxKey) has no bytes.
  }

  private code(value: Code): void {
    if (!value.scope) return this.string(value.code)
    const mark = this.at
    this.int32(0)
    this.string(value.code)
    this.document(value.scope)
    this.buf.writeInt32LE(this.at - mark, mark)
  }

  private reserve(size: number): void {
    if (this.at + size <= this.buf.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.at + size))
    this.buf.copy(grown, 0, 0, this.at)
    this.buf = grown
  }
}

const smallIndexNames = Array.from({ length: 1024 }, (_, i) => String(i))

/** The name of an array's element: its decimal index. */
export function indexName(index: number): string {
  return index < smallIndexNames.length ? smallIndexNames[index] : String(index)
}

const shared = new BsonWriter(64 * 1024)

/** A document's bytes. A number is written as int32 and must be one. */
export function encodeDocument(
  doc: ReadonlyMap<string, Writable> | { readonly [key: string]: Writable | undefined },
): Buffer {
  const mark = shared.length
  try {
    if (doc instanceof Map) shared.document(doc)
    else shared.plainDocument(doc as { readonly [key: string]: Writable | undefined })
    return shared.take(mark)
  } catch (error) {
    shared.rewind(mark)
    throw error
  }
}

function isPlainObject(value: Writable): value is { readonly [key: string]: Writable | undefined } {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}

/** A value as raw BSON in a buffer of its own. */
export function encodeValue(value: Value): RawValue {
  const mark = shared.length
  try {
    shared.value(value)
  } catch (error) {
    shared.rewind(mark)
    throw error
  }
  const bytes = shared.take(mark)
  return new RawValue(bytes, typeOf(value), 0, bytes.length)
}
