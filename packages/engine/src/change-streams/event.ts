import {
  type Binary,
  type DateTime,
  type Doc,
  decodeDocument,
  type Timestamp,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import { encodeToken } from './token.js'

/** What a change stream watches: a collection, a database, or everything. */
export interface Watched {
  readonly db?: string
  readonly collection?: string
}

export interface ChangeStreamOptions {
  readonly fullDocument: 'default' | 'updateLookup' | 'whenAvailable' | 'required'
  readonly fullDocumentBeforeChange: 'off' | 'whenAvailable' | 'required'
  readonly showExpandedEvents: boolean
}

/** An entry of the oplog as far as events are made of it. */
export interface LogEntry {
  readonly ts: Timestamp
  readonly op: string
  readonly db: string
  readonly collection: string
  readonly fields: Doc
}

const internalDatabases: ReadonlySet<string> = new Set(['admin', 'config', 'local'])

export function readEntry(buf: Buffer, doc: number, ts: Timestamp): LogEntry {
  const fields = decodeDocument(buf, doc)
  const namespace = fields.get('ns') as string
  const dot = namespace.indexOf('.')
  return {
    ts,
    op: fields.get('op') as string,
    db: namespace.slice(0, dot),
    collection: namespace.slice(dot + 1),
    fields,
  }
}

/** Whether a stream shows an entry at all. */
export function isWatched(watched: Watched, entry: LogEntry): boolean {
  if (watched.db === undefined) return !internalDatabases.has(entry.db) && !isSystem(entry)
  if (watched.db !== entry.db) return isRenamedInto(watched, entry)
  if (watched.collection === undefined) return !isSystem(entry)
  return (
    watched.collection === entry.collection ||
    isDatabaseDrop(entry) ||
    isRenamedInto(watched, entry)
  )
}

function isSystem({ collection }: LogEntry): boolean {
  return collection.startsWith('system.')
}

function isDatabaseDrop({ op, fields }: LogEntry): boolean {
  return op === 'c' && (fields.get('o') as Doc).has('dropDatabase')
}

function isRenamedInto({ db, collection }: Watched, { op, fields }: LogEntry): boolean {
  return op === 'c' && (fields.get('o') as Doc).get('to') === `${db}.${collection}`
}

const documentEvents: Readonly<Record<string, string>> = {
  i: 'insert',
  u: 'update',
  r: 'replace',
  d: 'delete',
}

/** The events that a watched entry stands for, without the looked-up document; `invalidate` ends a stream. */
export function eventsOf(entry: LogEntry, watched: Watched, options: ChangeStreamOptions): Doc[] {
  if (entry.op === 'c') return commandEvents(entry, watched, options)
  const operationType = documentEvents[entry.op]
  const event = baseEvent(entry, operationType, options)
  const { fields } = entry
  if (fields.has('lsid')) {
    event.set('lsid', fields.get('lsid') as Value)
    event.set('txnNumber', fields.get('txnNumber') as Value)
  }
  const o = fields.get('o') as Doc
  if (entry.op === 'i' || entry.op === 'r') event.set('fullDocument', o)
  event.set('ns', namespaceDoc(entry.db, entry.collection))
  event.set('documentKey', new Map([['_id', idOf(entry)]]))
  if (entry.op === 'u') event.set('updateDescription', updateDescription(o, options))
  if (entry.op === 'u') setPostImage(event, fields, options)
  if (entry.op !== 'i') setPreImage(event, fields, options)
  return [event]
}

/** The document after an update as it was logged; `updateLookup` is not answered from the log. */
function setPostImage(event: Doc, fields: Doc, { fullDocument }: ChangeStreamOptions): void {
  if (fullDocument !== 'whenAvailable' && fullDocument !== 'required') return
  const image = fields.get('post')
  if (!image && fullDocument === 'required') throw noImage('post-image for all update events')
  event.set('fullDocument', image ?? null)
}

function setPreImage(
  event: Doc,
  fields: Doc,
  { fullDocumentBeforeChange }: ChangeStreamOptions,
): void {
  if (fullDocumentBeforeChange === 'off') return
  const image = fields.get('pre')
  if (!image && fullDocumentBeforeChange === 'required') {
    throw noImage('pre-image for all update, delete and replace events')
  }
  event.set('fullDocumentBeforeChange', image ?? null)
}

function noImage(what: string): CommandError {
  const image = what.slice(0, what.indexOf(' '))
  return new CommandError(
    'NoMatchingDocument',
    `Change stream was configured to require a ${what}, but the ${image} was not found. Make sure that 'changeStreamPreAndPostImages' is enabled on the collection.`,
    { errorLabels: ['NonResumableChangeStreamError'] },
  )
}

function baseEvent(
  { ts, fields }: LogEntry,
  operationType: string,
  options: ChangeStreamOptions,
): Doc {
  const event: Doc = new Map<string, Value>([
    ['_id', encodeToken({ ts, kind: operationType === 'invalidate' ? 'invalidate' : 'event' })],
    ['operationType', operationType],
    ['clusterTime', ts],
  ])
  if (options.showExpandedEvents && operationType !== 'invalidate') {
    event.set('collectionUUID', fields.get('ui') as Binary)
  }
  event.set('wallTime', fields.get('wall') as DateTime)
  return event
}

function namespaceDoc(db: string, coll?: string): Doc {
  const ns: Doc = new Map([['db', db]])
  if (coll !== undefined) ns.set('coll', coll)
  return ns
}

function idOf({ op, fields }: LogEntry): Value {
  const holder = fields.get(op === 'u' ? 'o2' : 'o') as Doc
  return holder.get('_id') ?? null
}

function updateDescription(diff: Doc, options: ChangeStreamOptions): Doc {
  const description: Doc = new Map<string, Value>([
    ['updatedFields', diff.get('updated') as Value],
    ['removedFields', diff.get('removed') as Value],
    ['truncatedArrays', diff.get('truncated') as Value],
  ])
  if (options.showExpandedEvents) description.set('disambiguatedPaths', new Map())
  return description
}

function commandEvents(entry: LogEntry, watched: Watched, options: ChangeStreamOptions): Doc[] {
  const command = entry.fields.get('o') as Doc
  const [name] = command.keys()
  if (name === 'create')
    return options.showExpandedEvents ? [definitionEvent(entry, 'create', options)] : []
  if (name === 'drop') {
    const event = definitionEvent(entry, 'drop', options)
    return watched.collection === undefined ? [event] : [event, invalidation(entry, options)]
  }
  if (name === 'renameCollection') {
    const event = definitionEvent(entry, 'rename', options)
    const to = command.get('to') as string
    const dot = to.indexOf('.')
    event.set('to', namespaceDoc(to.slice(0, dot), to.slice(dot + 1)))
    return watched.collection === undefined ? [event] : [event, invalidation(entry, options)]
  }
  if (name === 'dropDatabase') {
    if (watched.collection !== undefined) return []
    const event = baseEvent(entry, 'dropDatabase', { ...options, showExpandedEvents: false })
    event.set('ns', namespaceDoc(entry.db))
    return watched.db === undefined ? [event] : [event, invalidation(entry, options)]
  }
  return []
}

function definitionEvent(entry: LogEntry, type: string, options: ChangeStreamOptions): Doc {
  const event = baseEvent(entry, type, options)
  event.set('ns', namespaceDoc(entry.db, entry.collection))
  return event
}

function invalidation(entry: LogEntry, options: ChangeStreamOptions): Doc {
  return baseEvent(entry, 'invalidate', options)
}
