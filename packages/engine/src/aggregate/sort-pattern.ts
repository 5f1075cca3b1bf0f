/** What to sort by, and the sort key of a document: bytes whose order is MongoDB's. */
import {
  BsonType,
  Decimal128,
  decodeValue,
  encodeValue,
  findElement,
  KeyWriter,
  MISSING,
  type Path,
  quantizeDecimal,
  type RawValue,
  someElement,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import { parseFieldPath } from './field-path.js'
import { toDouble } from './numeric.js'
import { fieldsOf } from './raw-fields.js'
import { isNumeric } from './values.js'

export interface SortField {
  readonly dotted: string
  readonly path: Path
  readonly descending: boolean
}

export type SortPattern = readonly SortField[]

/** The sort key of a raw document; the buffer is valid until the next call. */
export type SortKey = (buf: Buffer, doc: number) => Buffer

/** Parses `{ a: 1, 'b.c': -1 }`. */
export function parseSortPattern(value: RawValue): SortPattern {
  if (value.type !== BsonType.object) {
    throw new CommandError(15973, 'the $sort key specification must be an object')
  }
  const pattern: SortField[] = []
  const seen = new Set<string>()
  for (const [dotted, order] of fieldsOf(value)) {
    if (seen.has(dotted)) {
      throw new CommandError(
        7472500,
        `$sort key must not contain duplicate keys (field: '${dotted}')`,
      )
    }
    seen.add(dotted)
    pattern.push(parseField(dotted, order))
  }
  if (pattern.length === 0) {
    throw new CommandError(15976, '$sort stage must have at least one sort key')
  }
  if (pattern.length > 32) {
    throw new CommandError(13103, 'too many compound keys')
  }
  return pattern
}

function parseField(dotted: string, order: RawValue): SortField {
  if (order.type === BsonType.object) throw refuseMeta(order)
  const value = decodeValue(order.buf, order.type, order.at)
  if (!isNumeric(value)) {
    throw new CommandError(15974, `Illegal key in $sort specification: ${dotted}`)
  }
  const direction =
    value instanceof Decimal128
      ? toDouble(quantizeDecimal(value, 0, 'half-even'))
      : Math.trunc(toDouble(value))
  if (direction !== 1 && direction !== -1) {
    throw new CommandError(
      15975,
      '$sort key ordering must be 1 (for ascending) or -1 (for descending)',
    )
  }
  return { dotted, path: parseFieldPath(dotted), descending: direction === -1 }
}

function refuseMeta(order: RawValue): CommandError {
  const [first] = fieldsOf(order)
  if (first?.[0] !== '$meta') {
    return new CommandError(17312, '$meta is the only expression supported by $sort right now')
  }
  const kind = decodeValue(first[1].buf, first[1].type, first[1].at)
  return kind === 'textScore' || kind === 'geoNearDistance'
    ? new CommandError(40218, `query requires ${kind} metadata, but it is not available`)
    : new CommandError(31138, `Illegal $meta sort: $meta: ${kind}`)
}

/**
 * Compiles the key of a pattern. A field that holds an array, or lies in one, counts
 * by its least element when ascending and by its greatest when descending.
 */
export function compileSortKey(pattern: SortPattern): SortKey {
  const writer = new KeyWriter()
  const candidate = new KeyWriter()
  return (buf, doc) => {
    writer.reset()
    for (const field of pattern) {
      // Nearly all documents hold one plain value: no need to collect and compare.
      if (!appendPlain(writer, buf, doc, field)) appendBest(writer, candidate, buf, doc, field)
    }
    return writer.bytes()
  }
}

function appendPlain(writer: KeyWriter, buf: Buffer, doc: number, field: SortField): boolean {
  const { path, descending } = field
  for (let step = 0; ; step++) {
    const { bytes } = path[step]
    const element = findElement(buf, doc, bytes)
    if (element === -1) {
      writer.append(buf, MISSING, 0, descending)
      return true
    }
    const type = buf[element]
    const at = element + bytes.length + 2
    if (type === BsonType.array) return false
    if (step === path.length - 1) {
      writer.append(buf, type, at, descending)
      return true
    }
    if (type !== BsonType.object) {
      writer.append(buf, MISSING, 0, descending)
      return true
    }
    doc = at
  }
}

function appendBest(
  writer: KeyWriter,
  candidate: KeyWriter,
  buf: Buffer,
  doc: number,
  { path, descending }: SortField,
): void {
  let best: Buffer | undefined
  visitKeys(buf, doc, path, 0, (type, at) => {
    candidate.reset()
    candidate.append(buf, type, at, descending)
    if (!best || Buffer.compare(candidate.bytes(), best) < 0) best = candidate.copy()
  })
  if (best) writer.raw(best, 0, best.length)
  else writer.append(buf, MISSING, 0, descending)
}

/** The values that an index on the path would hold for the document. */
function visitKeys(
  buf: Buffer,
  doc: number,
  path: Path,
  step: number,
  visit: (type: number, at: number) => void,
): void {
  const { bytes } = path[step]
  const element = findElement(buf, doc, bytes)
  if (element === -1) return visit(MISSING, 0)
  visitValue(buf, buf[element], element + bytes.length + 2, path, step + 1, visit)
}

function visitValue(
  buf: Buffer,
  type: number,
  at: number,
  path: Path,
  step: number,
  visit: (type: number, at: number) => void,
): void {
  if (type === BsonType.array) return visitArray(buf, at, path, step, visit)
  if (step === path.length) return visit(type, at)
  if (type === BsonType.object) return visitKeys(buf, at, path, step, visit)
  visit(MISSING, 0)
}

function visitArray(
  buf: Buffer,
  array: number,
  path: Path,
  step: number,
  visit: (type: number, at: number) => void,
): void {
  if (step < path.length && path[step].index !== -1) {
    const element = findElement(buf, array, path[step].bytes)
    if (element !== -1) {
      const at = element + path[step].bytes.length + 2
      return visitValue(buf, buf[element], at, path, step + 1, visit)
    }
  }
  let empty = true
  someElement(buf, array, (type, at) => {
    empty = false
    if (step === path.length) visit(type, at)
    else if (type === BsonType.object) visitKeys(buf, at, path, step, visit)
    else visit(MISSING, 0)
    return false
  })
  // An empty array sorts as undefined, below null.
  if (empty) visit(step === path.length ? BsonType.undefined : MISSING, 0)
}

/** The sort key of a decoded value that stands for itself; in a buffer of its own. */
export function compileSortKeyOfValue(): (value: Value | undefined) => Buffer {
  const writer = new KeyWriter()
  return (value) => {
    writer.reset()
    if (value === undefined) writer.append(EMPTY, MISSING, 0)
    else writer.appendRaw(encodeValue(value))
    return writer.copy()
  }
}

const EMPTY = Buffer.alloc(0)
