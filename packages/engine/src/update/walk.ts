/**
 * Applies an update's tree to a document in one pass from the old bytes to the new. What no
 * operator touches is copied in whole stretches, so the cost of a small change to a large document
 * is that of a copy.
 */
import {
  BsonType,
  type BsonWriter,
  indexName,
  RawValue,
  readInt32,
  readName,
  skipCString,
  valueSize,
} from '@gantry/bson'
import { elementText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { type Modifier, REMOVED } from './modifier.js'
import {
  childrenInOrder,
  type ElementsNode,
  type FieldChild,
  type FieldsNode,
  mergeNodes,
  type OrderedChildren,
  type UpdateNode,
} from './tree.js'
import { checkBlocked, creates, missingArray } from './viability.js'
import { resolve, type Walk } from './walk-state.js'

const MOST_PADDING = 1_500_000

/** Writes the document (or array) at an offset with the node's changes, without type and name. */
export function writeFields(
  walk: Walk,
  unresolved: FieldsNode,
  type: number,
  buf: Buffer,
  at: number,
): void {
  const { writer } = walk
  const node = resolve(walk, unresolved)
  const ordered = childrenInOrder(node)
  const children = ordered.list
  const found = new Uint8Array(children.length)
  const inArray = type === BsonType.array
  const end = at + readInt32(buf, at) - 1
  const mark = writer.beginDocument()
  let copied = at + 4
  let pos = copied
  let count = 0
  let left = children.length
  while (pos < end && left > 0) {
    const value = skipCString(buf, pos + 1)
    const next = value + valueSize(buf, buf[pos], value)
    const match = inArray
      ? (ordered.positions.get(indexName(count)) ?? -1)
      : matchName(ordered, buf, pos + 1)
    // Of a name that stands twice the first one counts.
    if (match !== -1 && found[match] === 0) {
      writer.bytes(buf, copied, pos - copied)
      const { part, node: below } = children[match]
      applyTo(walk, below, part.name, buf, buf[pos], value, next - value, inArray)
      copied = next
      found[match] = 1
      left--
    }
    pos = next
    count++
  }
  writer.bytes(buf, copied, end - copied)
  if (left > 0) {
    if (inArray) appendElements(walk, children, found, count, buf, at)
    else appendFields(walk, children, found)
  }
  writer.end(mark)
}

const MANY_CHILDREN = 8

function matchName({ list, positions }: OrderedChildren, buf: Buffer, nameAt: number): number {
  if (list.length > MANY_CHILDREN) return positions.get(readName(buf, nameAt)) ?? -1
  for (let i = 0; i < list.length; i++) {
    if (nameEquals(buf, nameAt, list[i].part.bytes)) return i
  }
  return -1
}

function nameEquals(buf: Buffer, nameAt: number, name: Buffer): boolean {
  const { length } = name
  for (let i = 0; i < length; i++) if (buf[nameAt + i] !== name[i]) return false
  return buf[nameAt + length] === 0
}

/** Writes one existing element anew. */
function applyTo(
  walk: Walk,
  node: UpdateNode,
  name: string,
  buf: Buffer,
  type: number,
  at: number,
  size: number,
  inArray: boolean,
): void {
  walk.path.push(name)
  if (node.kind === 'modifier') {
    modify(walk, node, name, new RawValue(buf, type, at, size), inArray)
  } else if (node.kind === 'elements') {
    applyToElements(walk, node, name, buf, type, at, size)
  } else if (type === BsonType.object || type === BsonType.array) {
    walk.writer.name(type, name)
    writeFields(walk, node, type, buf, at)
  } else {
    const value = new RawValue(buf, type, at, size)
    for (const child of childrenInOrder(resolve(walk, node)).list) checkBlocked(walk, child, value)
    walk.writer.element(name, value)
  }
  walk.path.pop()
}

function modify(
  walk: Walk,
  modifier: Modifier,
  name: string,
  current: RawValue,
  inArray: boolean,
): void {
  const result = modifier.update(current, walk)
  if (result === undefined) {
    walk.writer.element(name, current)
    return
  }
  walk.changed = true
  if (result !== REMOVED) walk.writer.element(name, result)
  else if (inArray) walk.writer.name(BsonType.null, name)
}

function applyToElements(
  walk: Walk,
  node: ElementsNode,
  name: string,
  buf: Buffer,
  type: number,
  at: number,
  size: number,
): void {
  if (type !== BsonType.array) {
    const text = elementText(name, new RawValue(buf, type, at, size))
    throw new CommandError('BadValue', `Cannot apply array updates to non-array element ${text}`)
  }
  const { writer } = walk
  const mark = writer.begin(name, BsonType.array)
  const end = at + size - 1
  let copied = at + 4
  let count = 0
  for (let pos = copied; pos < end; count++) {
    const value = skipCString(buf, pos + 1)
    const next = value + valueSize(buf, buf[pos], value)
    const below = nodeForElement(walk, node, buf, buf[pos], value, next - value, count)
    if (below) {
      writer.bytes(buf, copied, pos - copied)
      applyTo(walk, below, indexName(count), buf, buf[pos], value, next - value, true)
      copied = next
    }
    pos = next
  }
  writer.bytes(buf, copied, end - copied)
  writer.end(mark)
}

/** What is to be done to one element of an array, by the array filters that let it through. */
function nodeForElement(
  walk: Walk,
  node: ElementsNode,
  buf: Buffer,
  type: number,
  at: number,
  size: number,
  index: number,
): UpdateNode | undefined {
  let chosen: UpdateNode | undefined
  for (const [identifier, below] of node.byIdentifier) {
    if (identifier !== '') {
      const matches = walk.filters.get(identifier)
      if (!matches?.(new RawValue(buf, type, at, size))) continue
    }
    chosen = chosen ? mergeNodes(chosen, below, [...walk.path, String(index)]) : below
  }
  return chosen
}

/** Makes the fields that were not found, at the end of their document. */
function appendFields(
  walk: Walk,
  children: readonly FieldChild[],
  found: Uint8Array | undefined,
): boolean {
  let appended = false
  for (let i = 0; i < children.length; i++) {
    if (found?.[i] === 1) continue
    if (append(walk, children[i].node, children[i].part.name)) appended = true
  }
  return appended
}

/** Makes one field that does not exist; says whether there was something to make. */
function append(walk: Walk, node: UpdateNode, name: string): boolean {
  walk.path.push(name)
  let appended = false
  if (node.kind === 'modifier') {
    const value = node.create(walk)
    if (value !== undefined) {
      walk.writer.element(name, value)
      walk.changed = true
      appended = true
    }
  } else if (node.kind === 'elements') {
    throw missingArray(walk)
  } else {
    const start = walk.writer.length
    const mark = walk.writer.begin(name, BsonType.object)
    appended = appendFields(walk, childrenInOrder(resolve(walk, node)).list, undefined)
    if (appended) walk.writer.end(mark)
    else walk.writer.rewind(start)
  }
  walk.path.pop()
  return appended
}

/** Makes the elements behind the end of an array, with nulls in the gaps. */
function appendElements(
  walk: Walk,
  children: readonly FieldChild[],
  found: Uint8Array,
  length: number,
  buf: Buffer,
  at: number,
): void {
  let end = length
  for (let i = 0; i < children.length; i++) {
    if (found[i] === 1) continue
    const { part, node } = children[i]
    if (part.index === -1) {
      const array = new RawValue(buf, BsonType.array, at, readInt32(buf, at))
      checkBlocked(walk, children[i], array)
    } else if (creates(walk, node)) {
      pad(walk.writer, end, part.index)
      append(walk, node, part.name)
      end = part.index + 1
    }
  }
}

function pad(writer: BsonWriter, from: number, to: number): void {
  if (to - from > MOST_PADDING) {
    throw new CommandError(
      'CannotBackfillArray',
      `can't backfill more than ${MOST_PADDING} elements`,
    )
  }
  for (let i = from; i < to; i++) writer.name(BsonType.null, indexName(i))
}
