/**
 * Values as bytes whose order, byte by byte, is MongoDB's order of the values:
 * what indexes are keyed by and sorts compare. Values that compare equal (int32 1
 * and double 1.0) have the same bytes; the value itself cannot be had back.
 *
 * A component is a rank byte, then a payload that no other payload of the rank is a
 * prefix of, so components can stand one after the other. A descending component has
 * all its bits inverted.
 */

import { compareNumbers, exactDecimal, type NumericValue } from './compare.js'
import { decimalParts, decimalToDouble } from './decimal.js'
import { decodeValue } from './decode.js'
import { type RawValue, readInt32, skipCString, valueSize } from './raw.js'
import { BsonType, canonicalRank, MISSING } from './types.js'
import { type Decimal128, Double } from './value.js'

/** Ends an object or array; below every rank. */
const END = 0
/** Where a number stands towards the double written before it. */
const BELOW = 0x7f
const EXACT = 0x80
const ABOVE = 0x81
/** A number's digits take as many bytes whatever the number. */
const DIGITS = 40

const float = new Float64Array(1)
const floatBytes = new Uint8Array(float.buffer)

/** Collects the components of a key. Reused from key to key: `reset`, append, then `bytes` or `copy`. */
export class KeyWriter {
  buf = Buffer.allocUnsafeSlow(4096)
  length = 0

  reset(): this {
    this.length = 0
    return this
  }

  /** The key so far as a view, valid until the next change. */
  bytes(): Buffer {
    return this.buf.subarray(0, this.length)
  }

  /** The key so far as bytes of its own. */
  copy(): Buffer {
    return Buffer.from(this.bytes())
  }

  /** Appends a component. A missing value counts as null, as in MongoDB's indexes. */
  append(buf: Buffer, type: number, at: number, descending = false): void {
    const start = this.length
    this.component(buf, type === MISSING ? BsonType.null : type, at)
    if (descending) this.invert(start)
  }

  appendRaw(value: RawValue, descending = false): void {
    this.append(value.buf, value.type, value.at, descending)
  }

  uint32(value: number): void {
    this.reserve(4)
    this.length = this.buf.writeUInt32BE(value, this.length)
  }

  /** An unsigned integer below 2^53 in eight bytes. */
  uint53(value: number): void {
    this.reserve(8)
    this.buf.writeUInt32BE(Math.floor(value / 0x1_0000_0000), this.length)
    this.buf.writeUInt32BE(value >>> 0, this.length + 4)
    this.length += 8
  }

  byte(value: number): void {
    this.reserve(1)
    this.buf[this.length++] = value
  }

  raw(from: Buffer, at: number, size: number): void {
    this.reserve(size)
    from.copy(this.buf, this.length, at, at + size)
    this.length += size
  }

  private invert(start: number): void {
    const { buf, length } = this
    for (let i = start; i < length; i++) buf[i] = ~buf[i]
  }

  private component(buf: Buffer, type: number, at: number): void {
    this.byte(canonicalRank(type))
    this.payload(buf, type, at)
  }

  private payload(buf: Buffer, type: number, at: number): void {
    switch (type) {
      case BsonType.int:
        return this.exactNumber(readInt32(buf, at))
      case BsonType.double:
        return this.exactNumber(buf.readDoubleLE(at))
      case BsonType.long:
        return this.long(buf.readBigInt64LE(at))
      case BsonType.decimal:
        return this.decimal(decodeValue(buf, type, at) as Decimal128)
      case BsonType.string:
      case BsonType.symbol:
        return this.text(buf, at + 4, at + 3 + readInt32(buf, at))
      case BsonType.object:
        return this.object(buf, at)
      case BsonType.array:
        return this.array(buf, at)
      case BsonType.binData:
        return this.binary(buf, at)
      case BsonType.objectId:
        return this.raw(buf, at, 12)
      case BsonType.bool:
        return this.byte(buf[at])
      case BsonType.date:
        return this.signed64(buf, at)
      case BsonType.timestamp:
        this.uint32(readInt32(buf, at + 4) >>> 0)
        return this.uint32(readInt32(buf, at) >>> 0)
      case BsonType.regex: {
        const options = skipCString(buf, at)
        this.text(buf, at, options - 1)
        return this.text(buf, options, skipCString(buf, options) - 1)
      }
      case BsonType.dbPointer:
        this.uint32(readInt32(buf, at))
        return this.raw(buf, at + 4, readInt32(buf, at) + 12)
      case BsonType.javascript:
        return this.text(buf, at + 4, at + 3 + readInt32(buf, at))
      case BsonType.javascriptWithScope: {
        const code = at + 4
        this.text(buf, code + 4, code + 3 + readInt32(buf, code))
        return this.object(buf, code + 4 + readInt32(buf, code))
      }
    }
    // The remaining types have one value each, which the rank tells.
  }

  private object(buf: Buffer, doc: number): void {
    let at = doc + 4
    for (let type = buf[at]; type !== 0; type = buf[at]) {
      const value = skipCString(buf, at + 1)
      // Documents compare by type, then name, then value of each element.
      this.byte(canonicalRank(type))
      this.text(buf, at + 1, value - 1)
      this.payload(buf, type, value)
      at = value + valueSize(buf, type, value)
    }
    this.byte(END)
  }

  private array(buf: Buffer, array: number): void {
    let at = array + 4
    for (let type = buf[at]; type !== 0; type = buf[at]) {
      const value = skipCString(buf, at + 1)
      this.component(buf, type, value)
      at = value + valueSize(buf, type, value)
    }
    this.byte(END)
  }

  /** Bytes 0 and 1 become `01 01` and `01 02`, so that a single 0 can end the text. */
  private text(buf: Buffer, start: number, end: number): void {
    this.reserve((end - start) * 2 + 1)
    const to = this.buf
    let at = this.length
    for (let i = start; i < end; i++) {
      const byte = buf[i]
      if (byte <= 1) {
        to[at++] = 1
        to[at++] = byte + 1
      } else {
        to[at++] = byte
      }
    }
    to[at++] = 0
    this.length = at
  }

  private binary(buf: Buffer, at: number): void {
    const size = readInt32(buf, at)
    this.uint32(size)
    this.raw(buf, at + 4, size + 1)
  }

  private signed64(buf: Buffer, at: number): void {
    this.reserve(8)
    for (let i = 7; i >= 0; i--) this.buf[this.length++] = buf[at + i]
    this.buf[this.length - 8] ^= 0x80
  }

  private exactNumber(value: number): void {
    this.double(value)
    this.byte(EXACT)
  }

  /** The bits of a double, changed so that they sort as it does. NaN comes first. */
  private double(value: number): void {
    this.reserve(8)
    const { buf } = this
    let at = this.length
    this.length += 8
    if (Number.isNaN(value)) {
      buf.fill(0, at, at + 8)
      return
    }
    float[0] = value === 0 ? 0 : value
    if (floatBytes[7] & 0x80) {
      for (let i = 7; i >= 0; i--) buf[at++] = ~floatBytes[i]
    } else {
      buf[at++] = floatBytes[7] | 0x80
      for (let i = 6; i >= 0; i--) buf[at++] = floatBytes[i]
    }
  }

  private long(value: bigint): void {
    const nearest = Number(value)
    if (BigInt(nearest) === value) return this.exactNumber(nearest)
    this.inexactNumber(nearest, value)
  }

  private decimal(value: Decimal128): void {
    const parts = decimalParts(value)
    const nearest = decimalToDouble(value)
    if (parts.kind !== 'finite') return this.exactNumber(nearest)
    if (compareNumbers(value, new Double(nearest)) === 0) return this.exactNumber(nearest)
    this.inexactNumber(nearest, value)
  }

  /** A number between two doubles: the nearest one, the side it lies on, and all its digits. */
  private inexactNumber(nearest: number, value: NumericValue): void {
    this.double(nearest)
    this.byte(compareNumbers(value, new Double(nearest)) < 0 ? BELOW : ABOVE)
    const exact = exactDecimal(value)
    if (typeof exact === 'number') return
    const start = this.length
    const negative = exact.coefficient < 0n
    const digits = (negative ? -exact.coefficient : exact.coefficient).toString()
    this.uint32(exact.exponent + digits.length + 0x8000)
    const padded = digits.padEnd(DIGITS, '0')
    this.raw(Buffer.from(padded, 'latin1'), 0, DIGITS)
    if (negative) this.invert(start)
  }

  private reserve(size: number): void {
    if (this.length + size <= this.buf.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.length + size))
    this.buf.copy(grown, 0, 0, this.length)
    this.buf = grown
  }
}
