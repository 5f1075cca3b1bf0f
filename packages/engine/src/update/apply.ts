import {
  BsonType,
  BsonWriter,
  findElement,
  MAX_DEPTH,
  RawValue,
  readInt32,
  valueSize,
} from '@gantry/bson'
import { elementText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { immutableId, tooDeep } from './failures.js'
import type { UpdateContext } from './modifier.js'
import { findRenamed } from './operators/rename.js'
import type { OperatorUpdate, Update } from './parse.js'
import { compareRaw, depthOf, identical } from './raw-values.js'
import { checkId, MAX_DOCUMENT_SIZE } from './storable.js'
import { childrenInOrder, type UpdateNode } from './tree.js'
import { writeFields } from './walk.js'
import type { Walk } from './walk-state.js'

/** A document after an update. When nothing changed it is the one before, in a buffer that may be shared. */
export interface Updated {
  readonly document: Buffer
  readonly changed: boolean
}

const ID = Buffer.from('_id')
const writer = new BsonWriter(16 * 1024)

/** Applies an update to the document at an offset, whose bytes stay as they are. */
export function applyUpdate(
  update: Update,
  buf: Buffer,
  doc: number,
  context: UpdateContext,
): Updated {
  switch (update.kind) {
    case 'operators':
      return applyOperators(update, buf, doc, context)
    case 'replacement':
      return replace(update.document, buf, doc)
    case 'pipeline':
      return applyPipeline(update.transform, buf, doc)
  }
}

/** Puts another document in the place of the one at an offset, which passes on its `_id` when the other has none. `_id` comes first. */
export function applyReplacement(replacement: RawValue, buf: Buffer, doc: number): Updated {
  return replace(replacement, buf, doc)
}

function applyOperators(
  update: OperatorUpdate,
  buf: Buffer,
  doc: number,
  context: UpdateContext,
): Updated {
  const { root, renames, filters } = update
  const renamed = findRenamed(renames, buf, doc)
  const walk: Walk = {
    buf,
    doc,
    context,
    path: [],
    renamed,
    writer,
    filters,
    changed: false,
  }
  const mark = writer.length
  try {
    writeFields(walk, root, BsonType.object, buf, doc)
    if (!walk.changed) return unchanged(buf, doc)
    const document = writer.take(mark)
    checkSize(document)
    checkIdKept(update, buf, doc, document)
    if (!context.inserting) checkDollarFields(update, buf, doc, document)
    return { document, changed: true }
  } finally {
    writer.rewind(mark)
  }
}

function unchanged(buf: Buffer, doc: number): Updated {
  return { document: buf.subarray(doc, doc + readInt32(buf, doc)), changed: false }
}

function checkSize(document: Buffer): void {
  if (document.length <= MAX_DOCUMENT_SIZE) return
  throw new CommandError(
    17419,
    `Resulting document after update is larger than ${MAX_DOCUMENT_SIZE}`,
  )
}

function fieldOf(buf: Buffer, doc: number, name: Buffer): RawValue | undefined {
  const element = findElement(buf, doc, name)
  if (element === -1) return undefined
  const value = element + name.length + 2
  return new RawValue(buf, buf[element], value, valueSize(buf, buf[element], value))
}

function idOf(buf: Buffer, doc: number): RawValue | undefined {
  return fieldOf(buf, doc, ID)
}

function checkIdKept(update: OperatorUpdate, buf: Buffer, doc: number, after: Buffer): void {
  const child = update.root.children.get('_id')
  if (!child) return
  const before = idOf(buf, doc)
  if (!before) return checkId(after, 0)
  const id = idOf(after, 0)
  if (id && compareRaw(id, before) === 0) return
  throw immutableId(firstPath(child.node, '_id'))
}

/** Top-level names may begin with a dollar in a document that is inserted, but no update makes such a field. */
function checkDollarFields(update: OperatorUpdate, buf: Buffer, doc: number, after: Buffer): void {
  for (const { name, bytes } of update.dollarFields) {
    const value = fieldOf(after, 0, bytes)
    if (!value) continue
    const before = fieldOf(buf, doc, bytes)
    if (before && identical(value, before)) continue
    throw new CommandError(
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${name}' in '${name}' is not valid for storage.`,
    )
  }
}

function firstPath(node: UpdateNode, path: string): string {
  if (node.kind !== 'fields') return path
  const [first] = childrenInOrder(node).list
  return first ? firstPath(first.node, `${path}.${first.part.name}`) : path
}

function replace(replacement: RawValue, buf: Buffer, doc: number): Updated {
  const size = readInt32(buf, doc)
  const original = new RawValue(buf, BsonType.object, doc, size)
  if (identical(replacement, original)) return unchanged(buf, doc)
  const before = idOf(buf, doc)
  const given = idOf(replacement.buf, replacement.at)
  if (before && given && compareRaw(given, before) !== 0) {
    throw new CommandError(
      'ImmutableField',
      `After applying the update, the (immutable) field '_id' was found to have been altered to ${elementText('_id', given)}`,
    )
  }
  const document = withIdFirst(replacement, given ?? before)
  checkSize(document)
  if (!before) checkId(document, 0)
  return { document, changed: true }
}

/** The document with an `_id` as its first field. */
export function withIdFirst({ buf, at, size }: RawValue, id: RawValue | undefined): Buffer {
  const mark = writer.beginDocument()
  if (id) writer.element('_id', id)
  const element = findElement(buf, at, ID)
  const end = at + size - 1
  if (element === -1) {
    writer.bytes(buf, at + 4, size - 5)
  } else {
    const behind = element + 5 + valueSize(buf, buf[element], element + 5)
    writer.bytes(buf, at + 4, element - at - 4)
    writer.bytes(buf, behind, end - behind)
  }
  writer.end(mark)
  return writer.take(mark)
}

function applyPipeline(transform: (document: Buffer) => Buffer, buf: Buffer, doc: number): Updated {
  const before = buf.subarray(doc, doc + readInt32(buf, doc))
  const after = RawValue.document(transform(before))
  if (depthOf(after) > MAX_DEPTH) throw tooDeep()
  return replace(after, buf, doc)
}
