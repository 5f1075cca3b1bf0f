import { readInt32 } from './raw.js'
import { BsonType } from './types.js'

/** Nesting that MongoDB's server still accepts in a stored document. */
export const MAX_DEPTH = 180

/**
 * Checks that a buffer is one well-formed document that fills it, so that everything
 * else may read it without checks. Returns what is wrong, or undefined.
 */
export function validateDocument(buf: Buffer): string | undefined {
  if (buf.length < 5) return 'shorter than an empty document'
  const end = checkDocument(buf, 0, buf.length, 1)
  if (typeof end === 'string') return end
  return end === buf.length ? undefined : 'bytes behind the end of the document'
}

type Checked = number | string

function checkDocument(buf: Buffer, at: number, limit: number, depth: number): Checked {
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`
  if (at + 5 > limit) return 'document is cut short'
  const length = readInt32(buf, at)
  if (length < 5 || at + length > limit) return 'document length is wrong'
  const end = at + length - 1
  if (buf[end] !== 0) return 'document does not end with a null byte'
  let pos = at + 4
  while (pos < end) {
    const type = buf[pos]
    if (type === 0) return 'document ends early'
    const value = checkCString(buf, pos + 1, end)
    if (value === -1) return 'field name has no end'
    const next = checkValue(buf, type, value, end, depth)
    if (typeof next === 'string') return next
    pos = next
  }
  return pos === end ? end + 1 : 'element runs over the end of its document'
}

function checkCString(buf: Buffer, at: number, limit: number): number {
  // Names are short: looking at each byte here costs less than a call of `indexOf`.
  for (let i = at; i < limit; i++) if (buf[i] === 0) return i + 1
  return -1
}

function checkFixed(at: number, size: number, limit: number): Checked {
  return at + size <= limit ? at + size : 'value is cut short'
}

function checkString(buf: Buffer, at: number, limit: number): Checked {
  if (at + 5 > limit) return 'string is cut short'
  const length = readInt32(buf, at)
  const end = at + 4 + length
  if (length < 1 || end > limit) return 'string length is wrong'
  return buf[end - 1] === 0 ? end : 'string does not end with a null byte'
}

function checkValue(buf: Buffer, type: number, at: number, limit: number, depth: number): Checked {
  switch (type) {
    case BsonType.double:
    case BsonType.date:
    case BsonType.timestamp:
    case BsonType.long:
      return checkFixed(at, 8, limit)
    case BsonType.int:
      return checkFixed(at, 4, limit)
    case BsonType.decimal:
      return checkFixed(at, 16, limit)
    case BsonType.objectId:
      return checkFixed(at, 12, limit)
    case BsonType.bool:
      return buf[at] <= 1 ? checkFixed(at, 1, limit) : 'boolean is neither 0 nor 1'
    case BsonType.null:
    case BsonType.undefined:
    case BsonType.minKey:
    case BsonType.maxKey:
      return at
    case BsonType.string:
    case BsonType.javascript:
    case BsonType.symbol:
      return checkString(buf, at, limit)
    case BsonType.object:
    case BsonType.array:
      return checkDocument(buf, at, limit, depth + 1)
    case BsonType.binData:
      return checkBinary(buf, at, limit)
    case BsonType.regex:
      return checkRegex(buf, at, limit)
    case BsonType.dbPointer:
      return checkPointer(buf, at, limit)
    case BsonType.javascriptWithScope:
      return checkCodeWithScope(buf, at, limit, depth)
    default:
      return `unknown BSON type ${type}`
  }
}

function checkBinary(buf: Buffer, at: number, limit: number): Checked {
  if (at + 5 > limit) return 'binary is cut short'
  const length = readInt32(buf, at)
  if (length < 0) return 'binary length is wrong'
  return checkFixed(at + 5, length, limit)
}

function checkRegex(buf: Buffer, at: number, limit: number): Checked {
  const options = checkCString(buf, at, limit)
  const end = options === -1 ? -1 : checkCString(buf, options, limit)
  return end === -1 ? 'regular expression has no end' : end
}

function checkPointer(buf: Buffer, at: number, limit: number): Checked {
  const id = checkString(buf, at, limit)
  return typeof id === 'string' ? id : checkFixed(id, 12, limit)
}

function checkCodeWithScope(buf: Buffer, at: number, limit: number, depth: number): Checked {
  if (at + 14 > limit) return 'code is cut short'
  const length = readInt32(buf, at)
  if (length < 14 || at + length > limit) return 'code length is wrong'
  const scope = checkString(buf, at + 4, at + length)
  if (typeof scope === 'string') return scope
  const end = checkDocument(buf, scope, at + length, depth + 1)
  if (typeof end === 'string') return end
  return end === at + length ? end : 'code length is wrong'
}
