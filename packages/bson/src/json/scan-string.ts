import { hexValues } from './hex.js'
import { JsonError } from './json-error.js'
import { type OutputBuffer, SLACK } from './output-buffer.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Bytes at which copying the characters of a string pauses: controls, quote, backslash. */
const pauses = new Uint8Array(256)
pauses.fill(1, 0, 0x20)
pauses[QUOTE] = 1
pauses[BACKSLASH] = 1

const simpleEscapes = new Uint8Array(256)
for (const [letter, char] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  simpleEscapes[letter.charCodeAt(0)] = char.charCodeAt(0)
}

/** Reads the strings of one JSON text. */
export class StringScanner {
  /** All bytes of strings so far, or-ed: above 0x7f there was something to be checked as UTF-8. */
  seen = 0
  private src: Buffer = Buffer.alloc(0)
  private start = 0
  private end = 0

  /** The text that the next strings are in. */
  begin(src: Buffer, start: number, end: number): void {
    this.seen = 0
    this.src = src
    this.start = start
    this.end = end
  }

  /**
   * Copies what stands behind an opening quote, with escapes resolved, and returns the
   * offset behind the closing one. Does not check UTF-8.
   */
  copy(behindQuote: number, out: OutputBuffer): number {
    const { src } = this
    let pos = behindQuote
    let { buf, at } = out
    let seen = 0
    for (;;) {
      const stop = Math.min(this.end, pos + buf.length - at - SLACK)
      while (pos < stop) {
        const byte = src[pos]
        if (pauses[byte] !== 0) break
        seen |= byte
        buf[at++] = byte
        pos++
      }
      out.at = at
      if (pos === this.end) this.fail('string has no end', pos)
      if (pos < stop) {
        if (src[pos] === QUOTE) break
        if (src[pos] !== BACKSLASH) this.fail('control character in a string', pos)
        pos = this.escape(pos, out)
        at = out.at
      } else {
        out.reserve(buf.length)
        buf = out.buf
      }
    }
    this.seen |= seen
    return pos + 1
  }

  private escape(pos: number, out: OutputBuffer): number {
    const { src } = this
    const letter = pos + 1 < this.end ? src[pos + 1] : 0
    const simple = simpleEscapes[letter]
    if (simple !== 0) {
      out.buf[out.at++] = simple
      return pos + 2
    }
    if (letter !== 0x75) this.fail('unknown escape in a string', pos)
    const code = this.hex4(pos + 2)
    if (code < 0xd800 || code > 0xdfff) {
      out.character(code)
      return pos + 6
    }
    const paired = code < 0xdc00 && src[pos + 6] === BACKSLASH && src[pos + 7] === 0x75
    const low = paired ? this.hex4(pos + 8) : 0
    if (low < 0xdc00 || low > 0xdfff) this.fail('half of a surrogate pair', pos)
    out.character(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00))
    return pos + 12
  }

  private hex4(at: number): number {
    const { src } = this
    if (at + 4 > this.end) this.fail('string has no end', this.end)
    const code =
      (hexValues[src[at]] << 12) |
      (hexValues[src[at + 1]] << 8) |
      (hexValues[src[at + 2]] << 4) |
      hexValues[src[at + 3]]
    if (code < 0) this.fail('\\u without four hex digits', at - 2)
    return code
  }

  private fail(reason: string, at: number): never {
    throw new JsonError(reason, at - this.start)
  }
}
