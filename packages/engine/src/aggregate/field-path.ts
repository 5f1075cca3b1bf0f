import {
  BsonType,
  decodeValue,
  findElement,
  type Path,
  parsePath,
  readInt32,
  skipCString,
  type Value,
  valueSize,
} from '@gantry/bson'
import { CommandError } from '../errors.js'

const MAX_DEPTH = 200

/** Checks a dotted path as MongoDB's FieldPath does and splits it. */
export function parseFieldPath(path: string): Path {
  if (path === '')
    throw new CommandError(40352, 'FieldPath cannot be constructed with empty string')
  if (path.endsWith('.')) throw new CommandError(40353, "FieldPath must not end with a '.'.")
  const parts = path.split('.')
  if (parts.length > MAX_DEPTH) throw new CommandError('Overflow', 'FieldPath is too long')
  for (const part of parts) checkFieldName(part)
  return parsePath(path)
}

/** The parts of a DBRef, fields although they begin with a dollar. */
const REFERENCE_FIELDS = new Set(['$ref', '$id', '$db'])

/** Refuses names that cannot be one step of a field path. */
export function checkFieldName(name: string): void {
  if (name === '') throw new CommandError(15998, 'FieldPath field names may not be empty strings.')
  if (name.startsWith('$') && !REFERENCE_FIELDS.has(name)) {
    throw new CommandError(
      16410,
      `FieldPath field names may not start with '$'. Consider using $getField or $setField.`,
    )
  }
  if (name.includes('\0')) {
    throw new CommandError(16411, 'FieldPath field names may not contain null bytes.')
  }
  if (name.includes('.')) {
    throw new CommandError(
      16412,
      `FieldPath field names may not contain '.'. Consider using $getField or $setField.`,
    )
  }
}

/**
 * The value at a path of a raw document, or undefined when there is none. An array on
 * the way answers the array of what its documents hold; positions are not looked up.
 */
export function readPath(buf: Buffer, doc: number, path: Path, from = 0): Value | undefined {
  const last = path.length - 1
  for (let step = from; ; step++) {
    const { bytes } = path[step]
    const element = findElement(buf, doc, bytes)
    if (element === -1) return undefined
    const type = buf[element]
    const at = element + bytes.length + 2
    if (step === last) return decodeValue(buf, type, at)
    if (type === BsonType.object) doc = at
    else if (type === BsonType.array) return readPathInArray(buf, at, path, step + 1)
    else return undefined
  }
}

function readPathInArray(buf: Buffer, array: number, path: Path, from: number): Value[] {
  const result: Value[] = []
  const end = array + readInt32(buf, array) - 1
  for (let at = array + 4; at < end; ) {
    const type = buf[at]
    const value = skipCString(buf, at + 1)
    if (type === BsonType.object) {
      const found = readPath(buf, value, path, from)
      if (found !== undefined) result.push(found)
    }
    at = value + valueSize(buf, type, value)
  }
  return result
}

/** The same on a decoded value. */
export function valueAtPath(value: Value | undefined, path: Path, from = 0): Value | undefined {
  let current = value
  for (let step = from; step < path.length; step++) {
    if (current instanceof Map) current = current.get(path[step].name)
    else if (Array.isArray(current)) return valuesInArray(current, path, step)
    else return undefined
  }
  return current
}

function valuesInArray(values: readonly Value[], path: Path, from: number): Value[] {
  const result: Value[] = []
  for (const value of values) {
    if (!(value instanceof Map)) continue
    const found = valueAtPath(value, path, from)
    if (found !== undefined) result.push(found)
  }
  return result
}
