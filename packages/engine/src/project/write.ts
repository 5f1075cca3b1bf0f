/**
 * Writes a document's projection straight from its bytes. Fields that stay are copied
 * in whole stretches and never decoded.
 */
import {
  BsonType,
  type BsonWriter,
  countElements,
  indexName,
  readInt32,
  readName,
  skipCString,
  valueSize,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { MatchedPosition } from '../query/positional.js'
import type { Compute, FieldChild, FieldsNode, Leaf } from './tree.js'

/**
 * What becomes of fields that the projection does not name, and where computed fields go:
 * `inclusion` leaves out and appends, `exclusion` and `addition` keep and replace in place.
 */
export type Mode = 'inclusion' | 'exclusion' | 'addition'

/** One projection of one document under way. */
export interface Projecting {
  readonly writer: BsonWriter
  readonly mode: Mode
  /** The whole document. */
  readonly buf: Buffer
  readonly doc: number
  readonly matchedPosition?: MatchedPosition
}

/** Writes the projection of the document at an offset, without type and name. */
export function writeProjected(
  run: Projecting,
  node: FieldsNode,
  buf: Buffer,
  at: number,
  positional: boolean,
): void {
  const { writer } = run
  const keep = run.mode !== 'inclusion'
  const mark = writer.beginDocument()
  const end = at + readInt32(buf, at) - 1
  const done = node.computes ? new Uint8Array(node.list.length) : undefined
  let copied = at + 4
  for (let pos = copied; pos < end; ) {
    const value = skipCString(buf, pos + 1)
    const next = value + valueSize(buf, buf[pos], value)
    const child = findChild(node, buf, pos + 1)
    const included = child ? child.node.kind === 'include' : keep
    if (!included) {
      writer.bytes(buf, copied, pos - copied)
      copied = next
      if (child && writeField(run, child, buf, buf[pos], value, next - value, positional)) {
        if (done) done[child.index] = 1
      }
    }
    pos = next
  }
  writer.bytes(buf, copied, end - copied)
  if (done) writeComputed(run, node, done)
  writer.end(mark)
}

const FEW_CHILDREN = 4

function findChild(node: FieldsNode, buf: Buffer, nameAt: number): FieldChild | undefined {
  const { list } = node
  if (list.length > FEW_CHILDREN) return node.children.get(readName(buf, nameAt))
  for (let i = 0; i < list.length; i++) {
    if (nameEquals(buf, nameAt, list[i].part.bytes)) return list[i]
  }
  return undefined
}

function nameEquals(buf: Buffer, nameAt: number, name: Buffer): boolean {
  const { length } = name
  for (let i = 0; i < length; i++) if (buf[nameAt + i] !== name[i]) return false
  return buf[nameAt + length] === 0
}

/** Writes what becomes of a field that is there; says whether that settles it, so that it is not computed at the end. */
function writeField(
  run: Projecting,
  { part: { name }, node }: FieldChild,
  buf: Buffer,
  type: number,
  at: number,
  size: number,
  positional: boolean,
): boolean {
  switch (node.kind) {
    case 'include':
      run.writer.rawElement(name, type, buf, at, size)
      return true
    case 'exclude':
      return true
    case 'compute':
      if (run.mode === 'inclusion') return false
      writeValue(run, name, node.compute)
      return true
    case 'slice':
    case 'positional':
      writeLeaf(run, name, node, buf, type, at, size, positional)
      return true
    case 'fields':
      return writeBelow(run, name, node, buf, type, at, size, positional)
  }
}

function writeValue(run: Projecting, name: string, compute: Compute): boolean {
  const value = compute(run.buf, run.doc)
  if (value === undefined) return false
  run.writer.element(name, value)
  return true
}

function writeLeaf(
  run: Projecting,
  name: string,
  leaf: Leaf,
  buf: Buffer,
  type: number,
  at: number,
  size: number,
  positional: boolean,
): void {
  if (type === BsonType.array && leaf.kind === 'slice') {
    const { from, to } = sliceBounds(countElements(buf, at), leaf.skip, leaf.limit)
    copyElements(run.writer, name, buf, at, from, to)
  } else if (type === BsonType.array && leaf.kind === 'positional' && !positional) {
    const index = matchedIndex(run, buf, at)
    copyElements(run.writer, name, buf, at, index, index + 1)
  } else {
    run.writer.rawElement(name, type, buf, at, size)
  }
}

function writeBelow(
  run: Projecting,
  name: string,
  node: FieldsNode,
  buf: Buffer,
  type: number,
  at: number,
  size: number,
  positional: boolean,
): boolean {
  const { writer } = run
  if (type === BsonType.object) {
    writer.name(type, name)
    writeProjected(run, node, buf, at, positional)
    return true
  }
  if (type === BsonType.array) {
    writer.name(type, name)
    writeArray(run, node, buf, at, positional)
    return true
  }
  if (node.computes) return writeMade(run, name, node)
  if (run.mode !== 'inclusion') writer.rawElement(name, type, buf, at, size)
  return true
}

/** Projects each document of an array, and of the arrays in it. */
function writeArray(
  run: Projecting,
  node: FieldsNode,
  buf: Buffer,
  array: number,
  positional: boolean,
): void {
  const { writer } = run
  const reduce = node.positional && !positional
  const wanted = reduce ? matchedIndex(run, buf, array) : -1
  const mark = writer.beginDocument()
  let index = 0
  let written = 0
  for (let pos = array + 4; buf[pos] !== 0; index++) {
    const type = buf[pos]
    const value = skipCString(buf, pos + 1)
    const size = valueSize(buf, type, value)
    pos = value + size
    if (reduce && index !== wanted) continue
    const before = writer.length
    const below = positional || reduce
    writeBelow(run, indexName(written), node, buf, type, value, size, below)
    if (writer.length > before) written++
  }
  writer.end(mark)
}

/** Appends the computed fields that no existing field has settled, in the order of the specification. */
function writeComputed(run: Projecting, node: FieldsNode, done: Uint8Array): void {
  for (const { part, node: below, index } of node.list) {
    if (done[index] === 1) continue
    if (below.kind === 'compute') writeValue(run, part.name, below.compute)
    else if (below.kind === 'fields' && below.computes) writeMade(run, part.name, below)
  }
}

/** Writes a document that holds computed fields only. */
function writeMade(run: Projecting, name: string, node: FieldsNode): boolean {
  const mark = run.writer.begin(name, BsonType.object)
  writeComputed(run, node, new Uint8Array(node.list.length))
  run.writer.end(mark)
  return true
}

function sliceBounds(count: number, skip: number, limit: number): { from: number; to: number } {
  const from = skip < 0 ? Math.max(0, count + skip) : Math.min(skip, count)
  return { from, to: Math.min(count, from + limit) }
}

function copyElements(
  writer: BsonWriter,
  name: string,
  buf: Buffer,
  array: number,
  from: number,
  to: number,
): void {
  const mark = writer.begin(name, BsonType.array)
  let index = 0
  for (let pos = array + 4; buf[pos] !== 0 && index < to; index++) {
    const value = skipCString(buf, pos + 1)
    const size = valueSize(buf, buf[pos], value)
    if (index >= from) writer.rawElement(indexName(index - from), buf[pos], buf, value, size)
    pos = value + size
  }
  writer.end(mark)
}

/** The element of an array that the query matched. */
function matchedIndex(run: Projecting, buf: Buffer, array: number): number {
  const index = run.matchedPosition?.(run.buf, run.doc)
  if (index === undefined) {
    throw new CommandError(
      51246,
      "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
    )
  }
  if (index >= countElements(buf, array)) {
    throw new CommandError(
      51247,
      "Executor error during find command :: caused by :: positional operator '.$' element mismatch",
    )
  }
  return index
}
