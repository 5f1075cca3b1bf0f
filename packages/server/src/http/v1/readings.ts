/**
 * The two ways to read the value of `doc` and `set`. A form encoder never leaves `{`
 * or `[` bare, so a value that begins with one was put together by hand, and is taken
 * literally (the raw reading) if that gives JSON. Only where undoing form encoding
 * gives JSON as well is there no telling.
 */
import { JsonError, NOT_UTF8, parseJson, parseJsonPrefix, type RawValue } from '@gantry/bson'
import { FormDecoder, percentByte } from './form-decoder.js'

/** What a value was found to be, and the offset of the `&` behind it or the end of the body. */
export type Reading =
  | { readonly kind: 'json'; readonly value: RawValue; readonly end: number }
  | { readonly kind: 'ambiguous'; readonly end: number }
  | { readonly kind: 'invalid'; readonly cause: JsonError; readonly end: number }

type Json = Extract<Reading, { kind: 'json' }>
type Invalid = Extract<Reading, { kind: 'invalid' }>

const AMPERSAND = 0x26
const BACKSLASH = 0x5c
const PERCENT = 0x25
const QUOTE = 0x22

const decoder = new FormDecoder()

/** Reads the value that begins at an offset of the body. */
export function readValue(body: Buffer, start: number): Reading {
  const first = skipBlanks(body, start)
  if (body[first] !== 0x7b && body[first] !== 0x5b) return readEncoded(body, start)
  const raw = readRaw(body, first)
  if (raw.kind === 'json' && !holdsPercentByte(body, first, raw.end)) return raw
  const encoded = readEncoded(body, start)
  if (raw.kind === 'json') {
    return encoded.kind === 'json' ? { kind: 'ambiguous', end: raw.end } : raw
  }
  // The writer meant the text as it stands, so what is wrong there says more.
  return encoded.kind === 'json' ? encoded : { ...raw, end: encoded.end }
}

function readEncoded(body: Buffer, start: number): Json | Invalid {
  const length = decoder.decode(body, start, body.length)
  const { end } = decoder
  try {
    return { kind: 'json', value: parseJson(decoder.buf, 0, length), end }
  } catch (error) {
    return invalid(error, end)
  } finally {
    decoder.shrink()
  }
}

function readRaw(body: Buffer, start: number): Json | Invalid {
  try {
    const { value, end } = parseJsonPrefix(body, start, body.length)
    return { kind: 'json', value, end: endOfParameter(body, start, end) }
  } catch (error) {
    const fault = invalid(error, start)
    return fault.cause.reason === NOT_UTF8 ? readLatin1(body, start) : fault
  }
}

/** The raw reading of text that is not UTF-8: its bytes are characters of ISO-8859-1. */
function readLatin1(body: Buffer, start: number): Json | Invalid {
  try {
    const bracket = closingBracket(body, start)
    const end = endOfParameter(body, start, bracket)
    const text = Buffer.from(body.toString('latin1', start, bracket))
    return { kind: 'json', value: parseJson(text), end }
  } catch (error) {
    return invalid(error, start)
  }
}

function invalid(error: unknown, end: number): Invalid {
  if (error instanceof JsonError) return { kind: 'invalid', cause: error, end }
  throw error
}

/** Only blanks may stand between the value and the next parameter. */
function endOfParameter(body: Buffer, start: number, behindValue: number): number {
  const end = skipBlanks(body, behindValue)
  if (end === body.length || body[end] === AMPERSAND) return end
  throw new JsonError('text behind the end of the value', end - start)
}

/** The offset behind the bracket that matches the first one, or of the end. */
function closingBracket(body: Buffer, start: number): number {
  let depth = 0
  let quoted = false
  for (let at = start; at < body.length; at++) {
    const byte = body[at]
    if (quoted) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) quoted = false
    } else if (byte === QUOTE) {
      quoted = true
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++
    } else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) {
      return at + 1
    }
  }
  return body.length
}

function holdsPercentByte(body: Buffer, start: number, end: number): boolean {
  let at = body.indexOf(PERCENT, start)
  while (at !== -1 && at < end) {
    if (percentByte(body, at, end) !== -1) return true
    at = body.indexOf(PERCENT, at + 1)
  }
  return false
}

function skipBlanks(body: Buffer, start: number): number {
  let at = start
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at++
  return at
}
