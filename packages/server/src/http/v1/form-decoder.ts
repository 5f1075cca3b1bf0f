/** A buffer that grew beyond this for one large value is let go afterwards. */
const KEPT_CAPACITY = 1 << 20

const AMPERSAND = 0x26
const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

const hexValues = new Int8Array(256).fill(-1)
for (const digit of '0123456789abcdefABCDEF') {
  hexValues[digit.charCodeAt(0)] = Number.parseInt(digit, 16)
}

/** The byte that a percent sign and two hex digits stand for, or -1 when they do not stand there. */
export function percentByte(src: Buffer, at: number, end: number): number {
  if (at + 2 >= end) return -1
  const high = hexValues[src[at + 1]]
  const low = hexValues[src[at + 2]]
  return high < 0 || low < 0 ? -1 : (high << 4) | low
}

/** Undoes form encoding: `+` is a space, `%HH` a byte, any other `%` itself. Used again for each value. */
export class FormDecoder {
  /** The bytes decoded last; valid up to the length that `decode` returned, until it is called again. */
  buf: Buffer = Buffer.allocUnsafeSlow(16 * 1024)
  /** The offset behind what was decoded last: of the `&` or the end. */
  end = 0

  /** Decodes from an offset to the next `&` or the limit; returns the number of bytes decoded. */
  decode(src: Buffer, start: number, limit: number): number {
    let room = this.buf.length
    let { buf } = this
    let at = 0
    let from = start
    for (; from < limit; from++) {
      let byte = src[from]
      if (byte === AMPERSAND) break
      if (byte === PLUS) {
        byte = SPACE
      } else if (byte === PERCENT) {
        const decoded = percentByte(src, from, limit)
        if (decoded !== -1) {
          byte = decoded
          from += 2
        }
      }
      if (at === room) {
        buf = this.grow()
        room = buf.length
      }
      buf[at++] = byte
    }
    this.end = from
    return at
  }

  /** Lets go of memory that only one large value needed. */
  shrink(): void {
    if (this.buf.length > KEPT_CAPACITY) this.buf = Buffer.allocUnsafeSlow(KEPT_CAPACITY)
  }

  private grow(): Buffer {
    const grown = Buffer.allocUnsafeSlow(this.buf.length * 2)
    this.buf.copy(grown)
    this.buf = grown
    return grown
  }
}
