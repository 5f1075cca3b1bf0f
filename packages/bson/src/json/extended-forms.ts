import { BSONError } from 'bson'
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  type Doc,
  Double,
  MaxKey,
  MinKey,
  ObjectId,
  Regex,
  Timestamp,
  Undefined,
  type Value,
} from '../value.js'
import { parseIsoDate } from './iso-date.js'

/** Throws an error with the reason given. */
type Fail = (reason: string) => never

interface ExtendedForm {
  /** The value that the document stands for; undefined when it stays a document. */
  read(doc: Doc, fail: Fail): Value | undefined
  /** The same document may also be a query operator with its options. */
  readonly operator?: boolean
}

const INT64_TEXT = /^[+-]?\d{1,19}$/
const DOUBLE_TEXT = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|-?Infinity|NaN)$/

/** A form of one field. */
function single(name: string, read: (value: Value, fail: Fail) => Value): [string, ExtendedForm] {
  return [
    name,
    {
      read(doc, fail) {
        if (doc.size > 1) fail(`${name} cannot stand beside other fields`)
        return read(doc.get(name) as Value, (reason) => fail(`${name} ${reason}`))
      },
    },
  ]
}

/** A form of a main field and an optional one, found by either when that stands first. */
function pair(
  name: string,
  option: string,
  read: (value: Value, option: Value | undefined, fail: Fail) => Value | undefined,
  operator = false,
): [string, ExtendedForm][] {
  const form: ExtendedForm = {
    read(doc, fail) {
      const value = doc.get(name)
      if (value === undefined) return undefined
      const expected = doc.has(option) ? 2 : 1
      if (doc.size !== expected) {
        return operator ? undefined : fail(`${name} cannot stand beside other fields`)
      }
      return read(value, doc.get(option), (reason) => fail(`${name} ${reason}`))
    },
    operator,
  }
  return [
    [name, form],
    [option, form],
  ]
}

function readDate(value: Value, fail: Fail): Value {
  if (typeof value === 'number') return DateTime.fromMs(value)
  if (typeof value === 'bigint') return new DateTime(value)
  if (value instanceof Double && Number.isSafeInteger(value.value)) {
    return DateTime.fromMs(value.value)
  }
  const ms = typeof value === 'string' ? parseIsoDate(value) : undefined
  if (ms === undefined) return fail('must be integer milliseconds or an ISO 8601 date')
  return DateTime.fromMs(ms)
}

function readLong(value: Value, fail: Fail): Value {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return BigInt(value)
  const long = typeof value === 'string' && INT64_TEXT.test(value) ? BigInt(value) : undefined
  if (long === undefined || BigInt.asIntN(64, long) !== long) {
    return fail('must be a 64-bit integer as text')
  }
  return long
}

function readInt(value: Value, fail: Fail): Value {
  const int = typeof value === 'string' && INT64_TEXT.test(value) ? Number(value) : value
  if (typeof int !== 'number' || (int | 0) !== int) return fail('must be a 32-bit integer as text')
  return int | 0
}

function readDouble(value: Value, fail: Fail): Value {
  if (value instanceof Double) return value
  if (typeof value === 'number') return new Double(value)
  if (typeof value !== 'string' || !DOUBLE_TEXT.test(value)) return fail('must be a number as text')
  return new Double(Number(value))
}

function readDecimal(value: Value, fail: Fail): Value {
  if (typeof value !== 'string') return fail('must be a decimal number as text')
  try {
    return Decimal128.fromString(value)
  } catch (error) {
    if (error instanceof BSONError) return fail('must be a decimal number as text')
    throw error
  }
}

function readTimestamp(value: Value, fail: Fail): Value {
  const t = value instanceof Map && value.size === 2 ? uint32(value.get('t')) : undefined
  const i = value instanceof Map ? uint32(value.get('i')) : undefined
  if (t === undefined || i === undefined) {
    return fail('must be an object of t and i, unsigned 32-bit integers')
  }
  return new Timestamp(t, i)
}

function uint32(value: Value | undefined): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value
  return typeof number === 'number' && number >>> 0 === number ? number : undefined
}

function readText(value: Value, fail: Fail): string {
  return typeof value === 'string' ? value : fail('must be a string')
}

function readUuid(value: Value, fail: Fail): Value {
  const hex = typeof value === 'string' ? value.replaceAll('-', '') : ''
  if (!/^[0-9a-f]{32}$/i.test(hex)) return fail('must be 32 hex digits')
  return new Binary(Buffer.from(hex, 'hex'), 4)
}

/** Both the legacy `$binary` with `$type` beside it and the newer one that holds `base64` and `subType`. */
function readBinary(value: Value, type: Value | undefined, fail: Fail): Value {
  if (value instanceof Map && type === undefined) {
    const base64 = value.get('base64')
    const subtype = value.get('subType')
    if (base64 === undefined || subtype === undefined || value.size !== 2) {
      return fail('must hold base64 and subType')
    }
    return readBinary(base64, subtype, fail)
  }
  const bytes = typeof value === 'string' ? readBase64(value) : undefined
  if (!bytes) return fail('must be base64 text')
  const subtype = type === undefined ? 0 : readSubtype(type)
  if (subtype === undefined) return fail('needs a $type of two hex digits')
  return new Binary(subtype === 2 ? withInnerLength(bytes) : bytes, subtype)
}

/** Node skips what is not base64; then there are fewer bytes than the digits promise. */
function readBase64(text: string): Buffer | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  if (digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === Math.floor((digits * 3) / 4) ? bytes : undefined
}

function readSubtype(type: Value): number | undefined {
  if (typeof type === 'string' && /^[0-9a-f]{1,2}$/i.test(type)) return Number.parseInt(type, 16)
  return typeof type === 'number' && type >= 0 && type <= 255 ? type : undefined
}

/** The old binary subtype 2 repeats its length inside; the JSON form leaves that out. */
function withInnerLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32LE(bytes.length)
  return Buffer.concat([length, bytes])
}

function readRegex(pattern: Value, options: Value | undefined): Value | undefined {
  // Anything else is the query operator, which the query parser judges.
  if (typeof pattern !== 'string') return undefined
  if (options !== undefined && typeof options !== 'string') return undefined
  if (pattern.includes('\0') || options?.includes('\0')) return undefined
  // BSON wants the options in order.
  return new Regex(pattern, options && [...options].sort().join(''))
}

function readRegularExpression(value: Value, fail: Fail): Value {
  const regex =
    value instanceof Map && value.size === 2
      ? readRegex(value.get('pattern') as Value, value.get('options') ?? null)
      : undefined
  return regex ?? fail('must hold pattern and options')
}

function readCode(code: Value, scope: Value | undefined, fail: Fail): Value {
  const text = readText(code, fail)
  if (scope !== undefined && !(scope instanceof Map)) return fail('needs an object as $scope')
  return new Code(text, scope)
}

function readPointer(value: Value, fail: Fail): Value {
  const ref = value instanceof Map && value.size === 2 ? value.get('$ref') : undefined
  const id = value instanceof Map ? value.get('$id') : undefined
  if (typeof ref !== 'string' || !(id instanceof ObjectId)) {
    return fail('must hold $ref, a string, and $id, an ObjectId')
  }
  return new DBPointer(ref, id)
}

function exactly(wanted: Value, result: () => Value) {
  return (value: Value, fail: Fail) => (value === wanted ? result() : fail(`must be ${wanted}`))
}

/**
 * The extended forms by the name that stands first in them: the legacy ones and, as
 * clients of today send them, the newer ones. `$oid` of 24 hex digits does not come here.
 */
export const extendedForms: ReadonlyMap<string, ExtendedForm> = new Map([
  single('$oid', (_, fail) => fail('must be 24 hex digits')),
  single('$date', readDate),
  single('$numberLong', readLong),
  single('$numberInt', readInt),
  single('$numberDouble', readDouble),
  single('$numberDecimal', readDecimal),
  single('$timestamp', readTimestamp),
  single('$uuid', readUuid),
  single('$symbol', (value, fail) => new BsonSymbol(readText(value, fail))),
  single(
    '$undefined',
    exactly(true, () => new Undefined()),
  ),
  single(
    '$minKey',
    exactly(1, () => new MinKey()),
  ),
  single(
    '$maxKey',
    exactly(1, () => new MaxKey()),
  ),
  single('$regularExpression', readRegularExpression),
  single('$dbPointer', readPointer),
  ...pair('$binary', '$type', readBinary),
  ...pair('$code', '$scope', readCode),
  ...pair('$regex', '$options', readRegex, true),
])
