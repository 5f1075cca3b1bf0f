import { BsonType } from '../types.js'
import type { OutputBuffer } from './output-buffer.js'

/** Integers of this many digits are exact in a double. */
const EXACT_DIGITS = 15
/** Powers of ten up to this one are exact in a double. */
const powersOfTen = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))

const float = new Float64Array(1)
const floatBytes = new Uint8Array(float.buffer)

/** Reads numbers by the JSON grammar. Kept as an object so that reading one allocates nothing. */
export class NumberScanner {
  /** The offset behind the number, or of the fault. */
  end = 0
  reason = ''
  private number = 0
  /** Whether an int64 is in `number`, not in `long`. */
  private exact = true
  private long = 0n

  /** Returns the BSON type of the number that begins at `start`, or 0 with `reason` set. */
  scan(src: Buffer, start: number, limit: number): number {
    const negative = src[start] === 0x2d
    const first = negative ? start + 1 : start
    let at = first
    let mantissa = 0
    for (; at < limit; at++) {
      const digit = src[at] - 0x30
      if (digit < 0 || digit > 9) break
      mantissa = mantissa * 10 + digit
    }
    const digits = at - first
    if (digits === 0) return this.fault('expected a digit', at)
    if (digits > 1 && src[first] === 0x30) return this.fault('leading zero', first)
    if (at < limit && (src[at] === 0x2e || (src[at] | 0x20) === 0x65)) {
      return this.fraction(src, start, at, limit, mantissa)
    }
    this.end = at
    if (digits <= EXACT_DIGITS) return this.integer(negative ? -mantissa : mantissa)
    return this.longInteger(src.toString('latin1', start, at), digits)
  }

  /** Writes the number that was scanned last. */
  write(out: OutputBuffer, type: number): void {
    if (type === BsonType.int) {
      out.int32(this.number)
    } else if (type === BsonType.double) {
      float[0] = this.number
      for (let i = 0; i < 8; i++) out.buf[out.at++] = floatBytes[i]
    } else if (this.exact) {
      out.int32(this.number | 0)
      out.int32(Math.floor(this.number / 0x1_0000_0000))
    } else {
      out.at = out.buf.writeBigInt64LE(this.long, out.at)
    }
  }

  private integer(value: number): number {
    // The integer 0 has no sign, unlike the double.
    this.number = value + 0
    this.exact = true
    return (value | 0) === value ? BsonType.int : BsonType.long
  }

  private longInteger(text: string, digits: number): number {
    // More than 19 digits are never an int64, and reading very many as a bigint takes long.
    if (digits <= 19) {
      this.exact = false
      this.long = BigInt(text)
      if (BigInt.asIntN(64, this.long) === this.long) return BsonType.long
    }
    return this.double(Number(text))
  }

  private fraction(
    src: Buffer,
    start: number,
    point: number,
    limit: number,
    whole: number,
  ): number {
    let at = point
    let mantissa = whole
    let exponent = 0
    if (src[at] === 0x2e) {
      const first = ++at
      for (; at < limit; at++) {
        const digit = src[at] - 0x30
        if (digit < 0 || digit > 9) break
        mantissa = mantissa * 10 + digit
      }
      if (at === first) return this.fault('expected a digit', at)
      exponent = first - at
    }
    if (at < limit && (src[at] | 0x20) === 0x65) {
      at++
      const negative = src[at] === 0x2d
      if (negative || src[at] === 0x2b) at++
      const first = at
      let power = 0
      for (; at < limit; at++) {
        const digit = src[at] - 0x30
        if (digit < 0 || digit > 9) break
        power = power * 10 + digit
      }
      if (at === first) return this.fault('expected a digit', Math.min(at, limit))
      exponent += negative ? -power : power
    }
    this.end = at
    // Both factors are exact, so that one operation rounds once, to the nearest double.
    if (mantissa <= Number.MAX_SAFE_INTEGER && exponent >= -22 && exponent <= 22) {
      const value =
        exponent < 0 ? mantissa / powersOfTen[-exponent] : mantissa * powersOfTen[exponent]
      return this.double(src[start] === 0x2d ? -value : value)
    }
    return this.double(Number(src.toString('latin1', start, at)))
  }

  private double(value: number): number {
    if (!Number.isFinite(value)) return this.fault('number too large', this.end)
    this.number = value
    return BsonType.double
  }

  private fault(reason: string, at: number): number {
    this.reason = reason
    this.end = at
    return 0
  }
}
