import type { Field, Fields, JsonValue } from '@gantry/api'
import { refusal } from '../../control/refusal.js'
import { readDate } from '../../dates.js'
import { namesInOrder } from './json-names.js'

type JsonObject = { readonly [name: string]: JsonValue }

const JSON_TYPE = /^application\/json\s*(;|$)/i

/** The body as JSON; empty is the empty object. Throws unless it is of the right type and is JSON. */
export function parseBody(bytes: Buffer, contentType: string | undefined): JsonValue {
  if (bytes.length === 0) return {}
  if (!JSON_TYPE.test(contentType ?? '')) {
    throw refusal('UNSUPPORTED_MEDIA_TYPE', contentType ?? 'none')
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as JsonValue
  } catch {
    throw refusal('MALFORMED_JSON')
  }
}

/** A field that only the server sets, as a client sent it. */
export interface Echo {
  readonly path: string
  readonly value: JsonValue
}

export interface CheckedBody {
  /** For the handler: dates are dates, and what is null or the server's own is left out. */
  readonly body: unknown
  /** What must repeat the values that are there. */
  readonly echoes: readonly Echo[]
}

/**
 * Checks a body against what an endpoint takes: unknown fields first, in the order of the
 * document, then types and values, then what is missing. `bytes` is what the body was read from.
 */
export function checkBody(json: JsonValue, field: Field, bytes: Buffer): CheckedBody {
  if (!hasShape(json, field)) throw refusal('INVALID_JSON', field.type)
  const unknown = [...unknownFields(json, field, '')]
  if (unknown.length > 0) throw refusal('INVALID_ATTRIBUTE', firstOf(unknown, bytes))
  const echoes: Echo[] = []
  const body = readValue(json, field, '', echoes)
  requireFields(json, field, '')
  return { body, echoes }
}

function hasShape(json: JsonValue, { type }: Field): boolean {
  if (type === 'array') return Array.isArray(json)
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function* unknownFields(json: JsonValue, field: Field, path: string): Generator<string> {
  if (Array.isArray(json) && field.items) {
    for (const [i, item] of json.entries()) yield* unknownFields(item, field.items, `${path}[${i}]`)
  } else if (isObject(json) && field.fields) {
    for (const [name, value] of Object.entries(json)) {
      const known = Object.hasOwn(field.fields, name) ? field.fields[name] : undefined
      const at = below(path, name)
      if (known) yield* unknownFields(value, known, at)
      else yield at
    }
  }
}

/** JavaScript moves names that look like numbers to the front, so that only the text has the order. */
function firstOf(paths: readonly string[], bytes: Buffer): string {
  if (paths.length === 1) return paths[0]
  const wanted = new Set(paths)
  for (const path of namesInOrder(bytes.toString())) if (wanted.has(path)) return path
  return paths[0]
}

function readValue(json: JsonValue, field: Field, path: string, echoes: Echo[]): unknown {
  switch (field.type) {
    case 'any':
      return json
    case 'object':
      if (!isObject(json)) throw refusal('INVALID_JSON_ATTRIBUTE', path)
      return field.fields ? readFields(json, field.fields, path, echoes) : json
    case 'array': {
      if (!Array.isArray(json)) throw refusal('INVALID_JSON_ATTRIBUTE', path)
      const { items } = field
      if (!items) return json
      return json.map((item: JsonValue, i) => readValue(item, items, `${path}[${i}]`, echoes))
    }
    default:
      return readScalar(json, field, path)
  }
}

function readFields(json: JsonObject, fields: Fields, path: string, echoes: Echo[]): unknown {
  const read: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(json)) {
    const field = fields[name]
    if (value === null) continue
    const at = below(path, name)
    if (field.readOnly) {
      if (!field.volatile) echoes.push({ path: at, value })
    } else read[name] = readValue(value, field, at, echoes)
  }
  return read
}

function readScalar(json: JsonValue, field: Field, path: string): unknown {
  const { type, least } = field
  const wrong = () => refusal('INVALID_JSON_ATTRIBUTE', path)
  if (type === 'date') {
    if (typeof json !== 'string') throw wrong()
    const date = readDate(json)
    if (!date) throw refusal('INVALID_DATE_FORMAT', path)
    return date
  }
  if (type === 'string') {
    if (typeof json !== 'string') throw wrong()
    return oneOfValues(json, field, path)
  }
  if (type === 'boolean') {
    if (typeof json !== 'boolean') throw wrong()
    return json
  }
  if (typeof json !== 'number') throw wrong()
  if (type === 'integer' && !Number.isSafeInteger(json)) throw wrong()
  if (least !== undefined && json < least) {
    throw refusal(least > 0 ? 'ATTRIBUTE_NEGATIVE_OR_ZERO' : 'ATTRIBUTE_NEGATIVE', path)
  }
  return json
}

function oneOfValues(text: string, { values, anyCase }: Field, path: string): string {
  if (!values) return text
  const found = values.find((value) =>
    anyCase ? value.toLowerCase() === text.toLowerCase() : value === text,
  )
  if (found === undefined) throw refusal('INVALID_ENUM_VALUE', path, text)
  return found
}

function requireFields(json: JsonValue, field: Field, path: string): void {
  if (Array.isArray(json) && field.items) {
    for (const [i, item] of json.entries()) requireFields(item, field.items, `${path}[${i}]`)
  } else if (isObject(json) && field.fields) {
    for (const [name, inner] of Object.entries(field.fields)) {
      const value = Object.hasOwn(json, name) ? json[name] : null
      const at = below(path, name)
      if (value !== null) requireFields(value, inner, at)
      else if (inner.required) throw refusal('MISSING_ATTRIBUTE', at)
    }
  }
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
