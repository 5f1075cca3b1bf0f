import { skipCString } from '../raw.js'
import { OutputBuffer } from './output-buffer.js'

/** Room made before each element, enough for all of it but a long name and a long string. */
export const ROOM = 256
/** Bytes of a string printed between two looks at the room; each takes six at most. */
const STRETCH = 512
const PER_BYTE = 6

const HEX = Buffer.from('0123456789abcdef')
const QUOTE = 0x22

/** How a byte prints in a string: 0 as it is, 1 as `\u00…`, else behind a backslash. */
const escapes = new Uint8Array(256)
escapes.fill(1, 0, 0x20)
for (const [letter, char] of ['""', '\\\\', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  escapes[char.charCodeAt(0)] = letter.charCodeAt(0)
}

/** JSON text being written. Strings are taken from BSON as they are; whether they are UTF-8 is for the caller to check. */
export class JsonText extends OutputBuffer {
  /** All bytes of strings, or-ed: above 0x7f there was something to be checked as UTF-8. */
  seen = 0

  /** ASCII for which there is room. */
  ascii(text: string): void {
    const { buf } = this
    let { at } = this
    for (let i = 0; i < text.length; i++) {
      buf[at++] = text.charCodeAt(i)
    }
    this.at = at
  }

  /** The zero-terminated name at an offset; returns the offset behind it. */
  name(buf: Buffer, start: number): number {
    const to = this.buf
    // Most names are short and plain; the others are printed again the long way.
    const stop = start + ROOM / 2
    let at = this.at
    to[at++] = QUOTE
    let i = start
    for (let byte = buf[i]; escapes[byte] === 0 && i < stop; byte = buf[++i]) {
      this.seen |= byte
      to[at++] = byte
    }
    if (buf[i] === 0 && i < stop) {
      to[at++] = QUOTE
      this.at = at
      return i + 1
    }
    const end = skipCString(buf, i)
    this.string(buf, start, end - 1)
    return end
  }

  string(buf: Buffer, start: number, end: number): void {
    this.buf[this.at++] = QUOTE
    let i = start
    do {
      const stop = Math.min(end, i + STRETCH)
      this.reserve((stop - i) * PER_BYTE + ROOM)
      const to = this.buf
      let at = this.at
      let seen = 0
      for (; i < stop; i++) {
        const byte = buf[i]
        const letter = escapes[byte]
        if (letter === 0) {
          seen |= byte
          to[at++] = byte
        } else {
          at = putEscape(to, at, byte, letter)
        }
      }
      this.seen |= seen
      this.at = at
    } while (i < end)
    this.buf[this.at++] = QUOTE
  }
}

function putEscape(to: Buffer, start: number, byte: number, letter: number): number {
  let at = start
  to[at++] = 0x5c
  if (letter !== 1) {
    to[at++] = letter
    return at
  }
  to[at++] = 0x75
  to[at++] = 0x30
  to[at++] = 0x30
  to[at++] = HEX[byte >> 4]
  to[at++] = HEX[byte & 15]
  return at
}
