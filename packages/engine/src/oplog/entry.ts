import {
  Binary,
  BsonType,
  type BsonWriter,
  type Doc,
  findElement,
  type RawValue,
  type Timestamp,
  valueSize,
  type Writable,
} from '@gantry/bson'
import { diffDocuments } from './diff.js'

/** The collection that a change is about. */
export interface ChangedCollection {
  readonly db: string
  readonly name: string
  readonly uuid: Buffer
  readonly options: Doc
}

/**
 * What happened: a document inserted, updated, replaced or deleted, or a command on a
 * collection. An entry of the oplog is a document with `ts`, `op` (`i u r d c`), `ns`,
 * `ui`, `wall`, and what the kind of change needs.
 */
export type Change =
  | { readonly op: 'i'; readonly collection: ChangedCollection; readonly doc: Buffer }
  | {
      readonly op: 'u' | 'r'
      readonly collection: ChangedCollection
      readonly before: Buffer
      readonly doc: Buffer
    }
  | { readonly op: 'd'; readonly collection: ChangedCollection; readonly doc: Buffer }
  | {
      readonly op: 'c'
      readonly collection: ChangedCollection
      readonly command: Readonly<Record<string, Writable>>
    }

/** The transaction that a change belongs to. */
export interface ChangeOrigin {
  readonly lsid: RawValue
  readonly txnNumber: bigint
}

const ID = Buffer.from('_id')

export function writeEntry(
  writer: BsonWriter,
  change: Change,
  ts: Timestamp,
  wallMs: number,
  origin?: ChangeOrigin,
): void {
  const { collection } = change
  const mark = writer.beginDocument()
  writer.name(BsonType.timestamp, 'ts')
  writer.int32(ts.i | 0)
  writer.int32(ts.t | 0)
  writer.element('op', change.op)
  writer.element('ns', `${collection.db}.${collection.name}`)
  writer.element('ui', new Binary(collection.uuid, 4))
  writer.name(BsonType.date, 'wall')
  writer.int64(BigInt(wallMs))
  writeWhat(writer, change)
  if (keepsImages(change.collection)) writeImages(writer, change)
  if (origin) {
    writer.element('lsid', origin.lsid)
    writer.element('txnNumber', origin.txnNumber)
  }
  writer.end(mark)
}

function writeWhat(writer: BsonWriter, change: Change): void {
  switch (change.op) {
    case 'i':
    case 'r':
      writer.rawElement('o', BsonType.object, change.doc, 0, change.doc.length)
      return
    case 'd':
      return writeId(writer, 'o', change.doc)
    case 'u':
      writeDiff(writer, change.before, change.doc)
      return writeId(writer, 'o2', change.doc)
    case 'c':
      writer.element('o', change.command)
  }
}

/** Whether a collection's documents are logged whole before and after each change. */
export function keepsImages({ options }: Pick<ChangedCollection, 'options'>): boolean {
  const setting = options.get('changeStreamPreAndPostImages')
  return setting instanceof Map && setting.get('enabled') === true
}

/** The document before the change (`pre`) and after an update (`post`), as far as the entry does not hold it anyway. */
function writeImages(writer: BsonWriter, change: Change): void {
  if (change.op === 'u' || change.op === 'r') writeImage(writer, 'pre', change.before)
  if (change.op === 'd') writeImage(writer, 'pre', change.doc)
  if (change.op === 'u') writeImage(writer, 'post', change.doc)
}

function writeImage(writer: BsonWriter, name: string, doc: Buffer): void {
  writer.rawElement(name, BsonType.object, doc, 0, doc.length)
}

/** A document's `_id` as a document of its own. */
function writeId(writer: BsonWriter, name: string, doc: Buffer): void {
  const mark = writer.begin(name, BsonType.object)
  const element = findElement(doc, 0, ID)
  if (element !== -1) {
    const type = doc[element]
    writer.rawElement('_id', type, doc, element + 5, valueSize(doc, type, element + 5))
  }
  writer.end(mark)
}

function writeDiff(writer: BsonWriter, before: Buffer, after: Buffer): void {
  const { updated, removed, truncated } = diffDocuments(before, after)
  const mark = writer.begin('o', BsonType.object)
  writer.element('updated', new Map(updated))
  writer.element('removed', removed)
  writer.element(
    'truncated',
    truncated.map(([field, newSize]) => ({ field, newSize })),
  )
  writer.end(mark)
}
