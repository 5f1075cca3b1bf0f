/**
 * JSON text to BSON without anything in between, so that the order of fields, int64
 * beyond 2^53 and the difference between `1` and `1.0` survive.
 *
 * The grammar is RFC 8259 and nothing more: no byte order mark, no comments, no
 * trailing commas, UTF-8 only. What the grammar leaves open is settled thus: of a name
 * given twice the last value counts, at the place of the first; an integer is an int32
 * or, if too large, an int64 or, if too large, a double; `-0` is the integer 0 and
 * `-0.0` a double; a number too large for a double, half of a surrogate pair as `\u`
 * escape and a null character in a name are errors.
 *
 * Objects in the documented extended forms become the value they stand for, except the
 * outermost object.
 */
import { isUtf8 } from 'node:buffer'
import { RawValue } from '../raw.js'
import { BsonType } from '../types.js'
import { MAX_DEPTH } from '../validate.js'
import { convertExtended } from './extended.js'
import { JsonError } from './json-error.js'
import { mergeRepeats, Names, ObjectNames } from './names.js'
import { OutputBuffer, SLACK } from './output-buffer.js'
import { NumberScanner } from './scan-number.js'
import { StringScanner } from './scan-string.js'

/** The reason given for text that is not UTF-8; callers that know another encoding may try again. */
export const NOT_UTF8 = 'invalid UTF-8'

const QUOTE = 0x22
const DOLLAR = 0x24
const COMMA = 0x2c

const NOTHING: Buffer = Buffer.alloc(0)

class JsonParser {
  private src: Buffer = NOTHING
  private start = 0
  private end = 0
  private pos = 0
  private depth = 0
  private readonly out = new OutputBuffer()
  private readonly names = new Names()
  private readonly numbers = new NumberScanner()
  private readonly strings = new StringScanner()

  /** Parses the value that begins at `start` and leaves `position` behind it. */
  parse(src: Buffer, start: number, end: number): RawValue {
    this.src = src
    this.start = this.pos = start
    this.end = end
    this.depth = 0
    this.strings.begin(src, start, end)
    this.out.at = 0
    this.names.count = 0
    try {
      this.out.reserve(SLACK)
      const type = this.value(this.peek(), -1)
      if (this.strings.seen > 0x7f) this.checkUtf8()
      const bytes = this.out.copy()
      return new RawValue(bytes, type, 0, bytes.length)
    } finally {
      this.src = NOTHING
      this.strings.begin(NOTHING, 0, 0)
      this.out.shrink()
      this.names.shrink()
    }
  }

  get position(): number {
    return this.pos
  }

  /** The byte of the next token, or 0 (which begins none) at the end. */
  private peek(): number {
    const { src, end } = this
    while (this.pos < end) {
      const byte = src[this.pos]
      if (byte > 0x20) return byte
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte
      this.pos++
    }
    return 0
  }

  /** Writes the value whose first byte is given, and returns its type. `name` is where its name stands in the output, or -1. */
  private value(byte: number, name: number): number {
    switch (byte) {
      case QUOTE:
        this.string()
        return BsonType.string
      case 0x7b: // {
        return this.object(name)
      case 0x5b: // [
        this.array()
        return BsonType.array
      case 0x74: // t
        this.word('true')
        this.out.buf[this.out.at++] = 1
        return BsonType.bool
      case 0x66: // f
        this.word('false')
        this.out.buf[this.out.at++] = 0
        return BsonType.bool
      case 0x6e: // n
        this.word('null')
        return BsonType.null
    }
    if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) return this.number()
    return this.unexpected('a value')
  }

  private object(name: number): number {
    if (++this.depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`)
    const { out } = this
    const begin = this.pos++
    const doc = out.at
    out.at += 4
    out.reserve(SLACK)
    const byte = this.peek()
    if (byte === 0x7d) this.pos++
    else this.members(byte)
    out.endDocument(doc)
    this.depth--
    if (this.depth > 0 && out.buf[doc + 4] !== 0 && out.buf[doc + 5] === DOLLAR) {
      return convertExtended(out, doc, name, begin - this.start)
    }
    return BsonType.object
  }

  private members(first: number): void {
    const { out, names } = this
    const object = new ObjectNames(names.count)
    let byte = first
    for (;;) {
      if (byte !== QUOTE) this.unexpected('a name in double quotes')
      const element = out.at++
      this.name()
      const earlier = names.add(object, out.buf, element)
      if (earlier !== -1) {
        object.repeats ??= []
        object.repeats.push(earlier, names.count - 1)
      }
      if (this.peek() !== 0x3a) this.unexpected('a colon')
      this.pos++
      const type = this.value(this.peek(), element + 1)
      out.buf[element] = type
      out.reserve(SLACK)
      byte = this.peek()
      if (byte === 0x7d) break
      if (byte !== COMMA) this.unexpected('a comma or }')
      this.pos++
      byte = this.peek()
    }
    this.pos++
    if (object.repeats) out.at = mergeRepeats(names, object, out.buf, out.at)
    names.count = object.first
  }

  private array(): void {
    if (++this.depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`)
    const { out } = this
    this.pos++
    const doc = out.at
    out.at += 4
    out.reserve(SLACK)
    let byte = this.peek()
    if (byte === 0x5d) {
      this.pos++
    } else {
      for (let index = 0; ; index++) {
        const element = out.at++
        out.index(index)
        const type = this.value(byte, -1)
        out.buf[element] = type
        out.reserve(SLACK)
        byte = this.peek()
        if (byte === 0x5d) break
        if (byte !== COMMA) this.unexpected('a comma or ]')
        this.pos++
        byte = this.peek()
      }
      this.pos++
    }
    out.endDocument(doc)
    this.depth--
  }

  private string(): void {
    const { out } = this
    const begin = out.at
    out.at += 4
    this.pos = this.strings.copy(this.pos + 1, out)
    out.buf[out.at++] = 0
    out.int32At(begin, out.at - begin - 4)
    out.reserve(SLACK)
  }

  private name(): void {
    const { out } = this
    const begin = out.at
    const from = this.pos
    this.pos = this.strings.copy(from + 1, out)
    const length = out.at - begin
    out.buf[out.at++] = 0
    out.reserve(SLACK)
    // Only an escape can bring a null byte, and an escape is longer than what it stands for.
    if (this.pos - from - 2 === length) return
    if (out.buf.indexOf(0, begin) < begin + length) this.fail('null character in a name', from)
  }

  private number(): number {
    const type = this.numbers.scan(this.src, this.pos, this.end)
    if (type === 0) this.fail(this.numbers.reason, this.numbers.end)
    this.pos = this.numbers.end
    this.numbers.write(this.out, type)
    return type
  }

  private word(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.pos === this.end || this.src[this.pos] !== word.charCodeAt(i)) {
        this.unexpected('a value')
      }
      this.pos++
    }
  }

  private checkUtf8(): void {
    const text = this.src.subarray(this.start, this.pos)
    if (isUtf8(text)) return
    // Decoding puts U+FFFD where the first invalid byte stands; what is before it encodes as it was.
    const valid = text.toString('utf8').split('\ufffd', 1)[0]
    this.fail(NOT_UTF8, this.start + Buffer.byteLength(valid))
  }

  private unexpected(wanted: string): never {
    if (this.pos >= this.end) this.fail(`text ends where ${wanted} should stand`)
    this.fail(`expected ${wanted}`)
  }

  private fail(reason: string, at = this.pos): never {
    throw new JsonError(reason, at - this.start)
  }
}

const parser = new JsonParser()

/** Parses a whole JSON text. Throws JsonError; positions count from `start`. The result has a buffer of its own. */
export function parseJson(text: Buffer, start = 0, end = text.length): RawValue {
  const value = parser.parse(text, start, end)
  for (let at = parser.position; at < end; at++) {
    const byte = text[at]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
      throw new JsonError('text behind the end of the value', at - start)
    }
  }
  return value
}

/** Parses the JSON value that a text begins with; `end` is the offset behind it. */
export function parseJsonPrefix(
  text: Buffer,
  start: number,
  end: number,
): { value: RawValue; end: number } {
  const value = parser.parse(text, start, end)
  return { value, end: parser.position }
}
