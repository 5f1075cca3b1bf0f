/** A buffer that grows beyond this for one large text is let go afterwards. */
const KEPT_CAPACITY = 1 << 20

/** Free bytes that a parser keeps behind the output, enough for any step that makes no room itself. */
export const SLACK = 64

/** Bytes written front to back. Who writes to `buf` at `at` has reserved the room before. */
export class OutputBuffer {
  buf: Buffer
  at = 0

  constructor(capacity = 16 * 1024) {
    this.buf = Buffer.allocUnsafeSlow(capacity)
  }

  /** Makes room for that many more bytes; `buf` may be another one afterwards. */
  reserve(size: number): void {
    if (this.at + size > this.buf.length) this.grow(size)
  }

  private grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buf.length * 2, this.at + size))
    this.buf.copy(grown, 0, 0, this.at)
    this.buf = grown
  }

  /** What was written, in memory of its own. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafe(this.at)
    this.buf.copy(copy, 0, 0, this.at)
    return copy
  }

  /** Lets go of memory that only one large text needed. */
  shrink(): void {
    if (this.buf.length > KEPT_CAPACITY) this.buf = Buffer.allocUnsafeSlow(KEPT_CAPACITY)
  }

  int32(value: number): void {
    this.int32At(this.at, value)
    this.at += 4
  }

  int32At(at: number, value: number): void {
    const { buf } = this
    buf[at] = value
    buf[at + 1] = value >> 8
    buf[at + 2] = value >> 16
    buf[at + 3] = value >> 24
  }

  /** The zero behind the last element, and the length at the front. */
  endDocument(doc: number): void {
    this.buf[this.at++] = 0
    this.int32At(doc, this.at - doc)
  }

  /** An array index as a zero-terminated name. */
  index(index: number): void {
    this.digits(index)
    this.buf[this.at++] = 0
  }

  /** The decimal digits of a non-negative integer below 2^53. */
  digits(value: number): void {
    const { buf } = this
    if (value < 10) {
      buf[this.at++] = 0x30 + value
      return
    }
    let length = 2
    for (let power = 100; power <= value; power *= 10) length++
    const at = this.at
    let rest = value
    let i = at + length - 1
    for (; rest > 0x7fff_ffff; i--) {
      const quotient = Math.floor(rest / 10)
      buf[i] = 0x30 + (rest - quotient * 10)
      rest = quotient
    }
    for (; i >= at; i--) {
      const quotient = (rest / 10) | 0
      buf[i] = 0x30 + (rest - quotient * 10)
      rest = quotient
    }
    this.at = at + length
  }

  /** A code point as UTF-8. */
  character(code: number): void {
    const { buf } = this
    let at = this.at
    if (code < 0x80) {
      buf[at++] = code
    } else {
      if (code < 0x800) {
        buf[at++] = 0xc0 | (code >> 6)
      } else {
        if (code < 0x10000) {
          buf[at++] = 0xe0 | (code >> 12)
        } else {
          buf[at++] = 0xf0 | (code >> 18)
          buf[at++] = 0x80 | ((code >> 12) & 0x3f)
        }
        buf[at++] = 0x80 | ((code >> 6) & 0x3f)
      }
      buf[at++] = 0x80 | (code & 0x3f)
    }
    this.at = at
  }
}
