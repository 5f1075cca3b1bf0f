import {
  BsonType,
  findElement,
  KeyWriter,
  MISSING,
  type Path,
  parsePath,
  skipCString,
  someElement,
  valueSize,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import { hashValue } from '../query/hashed-value.js'

/** One field of an index: where it lies and how it sorts. */
export interface IndexField {
  readonly path: Path
  readonly dotted: string
  readonly descending: boolean
  /** Entries hold a hash of the value in its place. */
  readonly hashed?: boolean
}

export function indexField(dotted: string, direction: number): IndexField {
  return { path: parsePath(dotted), dotted, descending: direction < 0 }
}

export function hashedField(dotted: string): IndexField {
  return { path: parsePath(dotted), dotted, descending: false, hashed: true }
}

/** Called with each key of a document; the bytes are valid until the call returns. */
export type KeyVisitor = (key: KeyWriter) => void

/** How a document stands towards an index. */
export interface KeyFacts {
  /** None of the indexed fields is there; a sparse index leaves such a document out. */
  allMissing: boolean
  /** Bit i: field i of the index runs through an array in this document. */
  multikey: number
}

/** Visits the keys of a document, each once, behind the index's prefix. */
export type KeyMaker = (
  buf: Buffer,
  doc: number,
  prefix: number,
  visit: KeyVisitor,
) => Readonly<KeyFacts>

/**
 * Makes the keys of documents for an index. As MongoDB has it, an array gives a key per
 * element, of the fields of one index only one array may do so, an empty array counts
 * as `undefined`, and what is missing counts as null. A hashed field takes no arrays.
 */
export function compileKeys(fields: readonly IndexField[]): KeyMaker {
  const [first] = fields
  const single = fields.length === 1 && first.path.length === 1 && !first.hashed ? first : undefined
  const facts: KeyFacts = { allMissing: true, multikey: 0 }
  const writer = new KeyWriter()

  function general(buf: Buffer, doc: number, prefix: number, visit: KeyVisitor): KeyFacts {
    facts.allMissing = true
    facts.multikey = 0
    expand(
      { buf, fields, prefix, visit, writer, facts, made: new Set() },
      fields.map(() => ({ type: BsonType.object as number, at: doc, depth: 0 })),
    )
    return facts
  }
  if (!single) return general

  const { bytes } = single.path[0]
  const { descending } = single
  return (buf, doc, prefix, visit) => {
    const element = findElement(buf, doc, bytes)
    const type = element === -1 ? MISSING : buf[element]
    if (type === BsonType.array) return general(buf, doc, prefix, visit)
    facts.allMissing = element === -1
    facts.multikey = 0
    writer.reset().uint32(prefix)
    writer.append(buf, type, element + bytes.length + 2, descending)
    visit(writer)
    return facts
  }
}

/** How far the walk along a field's path has come: the value there and how many parts led to it. */
interface Position {
  type: number
  at: number
  depth: number
}

interface Expansion {
  buf: Buffer
  fields: readonly IndexField[]
  prefix: number
  visit: KeyVisitor
  writer: KeyWriter
  facts: KeyFacts
  /** The keys that arrays have given so far: equal elements give one key. */
  made: Set<string>
}

const missing: Position = { type: MISSING, at: 0, depth: Number.MAX_SAFE_INTEGER }

function expand(expansion: Expansion, positions: readonly Position[]): void {
  const { buf, fields, facts } = expansion
  let arrayAt = -1
  const reached = positions.map((position, i) => {
    const next = descend(buf, fields[i].path, position)
    if (isArrayToExpand(next)) {
      if (fields[i].hashed) throw hashedArray()
      if (arrayAt !== -1 && arrayAt !== next.at) throw parallelArrays(fields)
      arrayAt = next.at
      facts.multikey |= 1 << i
    }
    return next
  })
  if (arrayAt === -1) return emit(expansion, reached)
  if (buf[arrayAt + 4] === 0) {
    return expand(
      expansion,
      reached.map((p, i) =>
        p.at === arrayAt && isArrayToExpand(p) ? emptyArray(fields[i], p) : p,
      ),
    )
  }
  let at = arrayAt + 4
  for (let type = buf[at]; type !== 0; type = buf[at]) {
    const value = skipCString(buf, at + 1)
    expand(
      expansion,
      reached.map((p, i) =>
        p.at === arrayAt && isArrayToExpand(p) ? element(fields[i], p, type, value) : p,
      ),
    )
    at = value + valueSize(buf, type, value)
  }
}

/** Arrays inside arrays are values, not further keys: `done` marks them through their depth. */
function isArrayToExpand(position: Position): boolean {
  return position.type === BsonType.array && position.depth !== DONE
}

const DONE = Number.MAX_SAFE_INTEGER

function emptyArray(field: IndexField, position: Position): Position {
  return position.depth === field.path.length
    ? { type: BsonType.undefined, at: 0, depth: DONE }
    : missing
}

function element(field: IndexField, position: Position, type: number, at: number): Position {
  if (position.depth === field.path.length) return { type, at, depth: DONE }
  return type === BsonType.object ? { type, at, depth: position.depth } : missing
}

/** Walks down until the path ends, nothing is there, or an array is to be expanded. */
function descend(buf: Buffer, path: Path, start: Position): Position {
  if (start.depth === DONE) return start
  let { type, at, depth } = start
  while (depth < path.length) {
    const part = path[depth]
    if (type === BsonType.array && part.index === -1) return { type, at, depth }
    if (type !== BsonType.object && type !== BsonType.array) return missing
    const found = findElement(buf, at, part.bytes)
    if (found === -1) return type === BsonType.array ? { type, at, depth } : missing
    if (type === BsonType.array) checkUnambiguous(buf, at, part)
    type = buf[found]
    at = found + part.bytes.length + 2
    depth++
  }
  return { type, at, depth: type === BsonType.array ? depth : DONE }
}

/** A number in a path means a position of an array, so it must not also be a field of the array's documents. */
function checkUnambiguous(buf: Buffer, array: number, part: Path[number]): void {
  const ambiguous = someElement(
    buf,
    array,
    (type, at) => type === BsonType.object && findElement(buf, at, part.bytes) !== -1,
  )
  if (!ambiguous) return
  throw new CommandError(
    16746,
    `Ambiguous field name found in array (do not use numeric field names in embedded elements in an array), field: '${part.name}' for array`,
  )
}

function emit(
  { buf, fields, prefix, visit, writer, facts, made }: Expansion,
  reached: readonly Position[],
): void {
  writer.reset().uint32(prefix)
  for (let i = 0; i < fields.length; i++) {
    const { type, at } = reached[i]
    if (type !== MISSING) facts.allMissing = false
    if (fields[i].hashed) appendHash(writer, buf, type, at)
    else writer.append(buf, type, at, fields[i].descending)
  }
  if (facts.multikey !== 0) {
    const key = writer.bytes().toString('latin1')
    if (made.has(key)) return
    made.add(key)
  }
  visit(writer)
}

const hash = Buffer.alloc(8)

/** Appends what a hashed field holds for a value. */
export function appendHash(writer: KeyWriter, buf: Buffer, type: number, at: number): void {
  hash.writeBigInt64LE(hashValue(buf, type, at))
  writer.append(hash, BsonType.long, 0)
}

function hashedArray(): CommandError {
  return new CommandError(16766, 'hashed indexes do not currently support array values')
}

function parallelArrays(fields: readonly IndexField[]): CommandError {
  const names = fields.map((field) => field.dotted).join('] [')
  return new CommandError(171, `cannot index parallel arrays [${names}]`)
}
