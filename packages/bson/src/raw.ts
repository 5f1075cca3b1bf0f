/**
 * Reading BSON where it lies. A document is a buffer and the offset of its length
 * word; a value is a type byte and the offset of its first byte. Nothing here
 * checks bounds: what comes from outside goes through `validateDocument` once.
 */
import { BsonType } from './types.js'

/** The little-endian int32 at an offset; also the length of the document there. */
export function readInt32(buf: Buffer, at: number): number {
  return buf[at] | (buf[at + 1] << 8) | (buf[at + 2] << 16) | (buf[at + 3] << 24)
}

/** The number of bytes that a value takes. */
export function valueSize(buf: Buffer, type: number, at: number): number {
  switch (type) {
    case BsonType.double:
    case BsonType.date:
    case BsonType.timestamp:
    case BsonType.long:
      return 8
    case BsonType.string:
    case BsonType.javascript:
    case BsonType.symbol:
      return 4 + readInt32(buf, at)
    case BsonType.object:
    case BsonType.array:
    case BsonType.javascriptWithScope:
      return readInt32(buf, at)
    case BsonType.binData:
      return 5 + readInt32(buf, at)
    case BsonType.objectId:
      return 12
    case BsonType.bool:
      return 1
    case BsonType.int:
      return 4
    case BsonType.decimal:
      return 16
    case BsonType.regex:
      return skipCString(buf, skipCString(buf, at)) - at
    case BsonType.dbPointer:
      return 4 + readInt32(buf, at) + 12
    case BsonType.null:
    case BsonType.undefined:
    case BsonType.minKey:
    case BsonType.maxKey:
      return 0
    default:
      throw new RangeError(`unknown BSON type ${type}`)
  }
}

/** The offset just behind the zero-terminated string that starts at an offset. */
export function skipCString(buf: Buffer, at: number): number {
  // Behind the end of the buffer there is no zero, and no number either.
  while (buf[at]) at++
  return at + 1
}

/**
 * The offset of the element (its type byte) with a name given as UTF-8 bytes, or -1; no
 * element has a name with a zero in it, though callers may ask for one.
 * Its value starts at `element + name.length + 2`.
 */
export function findElement(buf: Buffer, doc: number, name: Uint8Array): number {
  const length = name.length
  let at = doc + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const nameAt = at + 1
    let i = 0
    while (i < length && name[i] !== 0 && buf[nameAt + i] === name[i]) i++
    if (i === length && buf[nameAt + i] === 0) return at
    // None of the `i` equal bytes is a zero, so they cannot hide the end.
    const value = skipCString(buf, nameAt + i)
    at = value + valueSize(buf, type, value)
  }
  return -1
}

/** Calls back with each element of a document or array until the callback answers true; says whether it did. */
export function someElement(
  buf: Buffer,
  doc: number,
  visit: (type: number, value: number, nameAt: number) => boolean,
): boolean {
  let at = doc + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const value = skipCString(buf, at + 1)
    if (visit(type, value, at + 1)) return true
    at = value + valueSize(buf, type, value)
  }
  return false
}

/** The number of elements of a document or array. */
export function countElements(buf: Buffer, doc: number): number {
  let count = 0
  let at = doc + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const value = skipCString(buf, at + 1)
    at = value + valueSize(buf, type, value)
    count++
  }
  return count
}

/** The element name that starts at an offset. */
export function readName(buf: Buffer, nameAt: number): string {
  const end = skipCString(buf, nameAt) - 1
  return buf.toString('utf8', nameAt, end)
}

/** The text of a string, symbol or code value. */
export function readString(buf: Buffer, at: number): string {
  return buf.toString('utf8', at + 4, at + 3 + readInt32(buf, at))
}

/** A value that stays in the buffer it was found in, and is copied from there byte for byte when written. */
export class RawValue {
  constructor(
    readonly buf: Buffer,
    readonly type: number,
    readonly at: number,
    readonly size: number,
  ) {}

  /** The whole buffer as a document value. */
  static document(buf: Buffer): RawValue {
    return new RawValue(buf, BsonType.object, 0, buf.length)
  }
}
