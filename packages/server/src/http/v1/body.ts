import { isUtf8 } from 'node:buffer'
import { BsonType } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { readCharset, toUtf8 } from './charset.js'
import { FormDecoder } from './form-decoder.js'
import { type Reading, readValue } from './readings.js'

/** The documents that a request brings, as BSON; undefined when not given. */
export interface Documents {
  readonly doc?: Buffer
  readonly set?: Buffer
}

/** A request's parameters, read in two steps, as the key is checked before anything else is judged. */
export interface RequestBody {
  /** The key as sent; empty when there is none. */
  readonly apiKey: string
  /** Throws AppError for what is wrong with the parameters, the first fault first. */
  documents(): Documents
}

type DocumentName = 'doc' | 'set'

/** No client sends more than a few; going through millions would hold up everyone else. */
const MAX_PARAMETERS = 1000

const AMPERSAND = 0x26
const EQUALS = 0x3d
const PERCENT = 0x25
const PLUS = 0x2b

const decoder = new FormDecoder()

/**
 * Reads the form in a request's body or, if that is empty, in the query string, which
 * comes without `?` and not decoded. Throws AppError for a content type that is no form.
 */
export function readBody(body: Buffer, contentType?: string, query = ''): RequestBody {
  if (body.length === 0) return new Form(Buffer.from(query, 'latin1'))
  return new Form(toUtf8(body, readCharset(contentType)))
}

/** Goes through the parameters from left to right, no further than asked. */
class Form implements RequestBody {
  readonly apiKey: string
  private pos = 0
  private count = 0
  private key: string | undefined
  private readonly readings: { doc?: Reading; set?: Reading } = {}
  private fault: AppError | undefined

  constructor(private readonly body: Buffer) {
    while (this.key === undefined && this.more()) this.parameter()
    this.apiKey = this.key ?? ''
  }

  documents(): Documents {
    while (!this.fault && this.more()) this.parameter()
    if (this.fault) throw this.fault
    const { doc, set } = this.readings
    return { doc: bytesOf(doc), set: bytesOf(set) }
  }

  /** Moves to the next parameter, if there is one. */
  private more(): boolean {
    while (this.body[this.pos] === AMPERSAND) this.pos++
    if (this.pos >= this.body.length) return false
    if (this.count++ < MAX_PARAMETERS) return true
    this.fault ??= new AppError('invalid', 'too many parameters')
    return false
  }

  private parameter(): void {
    const { body } = this
    const start = this.pos
    let end = start
    while (end < body.length && body[end] !== EQUALS && body[end] !== AMPERSAND) end++
    const name = decodeText(body, start, end)
    const value = body[end] === EQUALS ? end + 1 : end
    if (name === 'doc' || name === 'set') {
      this.pos = this.document(name, value)
    } else {
      this.pos = endOfEncoded(body, value)
      if (name === 'api_key') this.apiKeyValue(value)
    }
  }

  private apiKeyValue(start: number): void {
    if (this.key !== undefined) {
      this.fault ??= givenTwice('api_key')
      return
    }
    this.key = decodeText(this.body, start, this.pos)
  }

  private document(name: DocumentName, start: number): number {
    const reading = readValue(this.body, start)
    if (this.readings[name]) this.fault ??= givenTwice(name)
    else this.fault ??= faultOf(name, reading)
    this.readings[name] = reading
    return reading.end
  }
}

function bytesOf(reading: Reading | undefined): Buffer | undefined {
  return reading?.kind === 'json' ? reading.value.buf : undefined
}

function endOfEncoded(body: Buffer, start: number): number {
  const end = body.indexOf(AMPERSAND, start)
  return end === -1 ? body.length : end
}

/** Whether all bytes are printable ASCII that stands for itself. */
function isPlain(body: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = body[at]
    if (byte <= 0x20 || byte >= 0x7f || byte === PERCENT || byte === PLUS) return false
  }
  return true
}

/** A decoded and trimmed name or value. Empty if not UTF-8: no name or key that we know is. */
function decodeText(body: Buffer, start: number, end: number): string {
  if (isPlain(body, start, end)) return body.toString('latin1', start, end)
  const length = decoder.decode(body, start, end)
  const bytes = decoder.buf.subarray(0, length)
  const text = isUtf8(bytes) ? bytes.toString().trim() : ''
  decoder.shrink()
  return text
}

function faultOf(name: DocumentName, reading: Reading): AppError | undefined {
  switch (reading.kind) {
    case 'ambiguous':
      return new AppError('invalid', `${name} is ambiguous: percent-encode the whole value`)
    case 'invalid':
      return new AppError('invalid', `${name} is not valid JSON`, {}, { cause: reading.cause })
    case 'json':
      if (reading.value.type === BsonType.object) return undefined
      return new AppError('invalid', `${name} must be a JSON object`)
  }
}

function givenTwice(name: string): AppError {
  return new AppError('invalid', `parameter ${name} given more than once`)
}
