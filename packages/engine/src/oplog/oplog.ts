/**
 * The log of all changes, in the order in which they took effect: what change streams read.
 * The changes of one commit are one entry of the store, so that logging costs a write per
 * commit and not one per change. The oldest go when the log exceeds its size.
 */
import { BsonWriter, readInt32, Timestamp } from '@gantry/bson'
import type { Entry } from '../storage/entry.js'
import type { Store } from '../storage/store.js'
import type { Transaction, View } from '../storage/view.js'
import { compareTimestamps, createLogicalClock, type LogicalClock, timestampKey } from './clock.js'
import { type Change, type ChangeOrigin, writeEntry } from './entry.js'

export interface Oplog {
  readonly clock: LogicalClock
  /** Logs a change with the commit under way. Changes of the log's own databases and of profiles are not logged. */
  append(change: Change, origin?: ChangeOrigin): void
  /** A point to come back to with `rewind`, when changes are undone. */
  mark(): number
  rewind(mark: number): void
  /** Visits the entries after a point in time, each a document in a buffer valid until the call returns, until the visitor answers false. */
  read(
    view: View,
    after: Timestamp,
    visit: (buf: Buffer, doc: number, ts: Timestamp) => boolean,
  ): void
  /** Everything after this point is still in the log. */
  readonly completeFrom: Timestamp
}

/** Bytes that the log may take. */
export const DEFAULT_OPLOG_SIZE = 256 * 1024 * 1024
/** A commit's changes are split so that no entry of the store gets larger than about this. */
const CHUNK = 4 * 1024 * 1024
/** Old entries removed per commit at most. */
const TRIM_STEP = 8

const unlogged: ReadonlySet<string> = new Set(['local', 'config'])

export function openOplog(store: Store, now: () => number, mostBytes = DEFAULT_OPLOG_SIZE): Oplog {
  const clock = createLogicalClock(now, latestLogged(store))
  const writer = new BsonWriter(64 * 1024)
  let first: Timestamp | undefined
  let size = store.treeSize('oplog')
  let completeFrom = readCompleteFrom(store)

  store.onBeforeCommit((transaction) => {
    flush(transaction)
    if (size > mostBytes) trim(transaction)
  })
  store.onLost(() => {
    writer.rewind(0)
    first = undefined
  })

  function flush(transaction: Transaction): void {
    if (!first) return
    const bytes = writer.take()
    let start = 0
    let end = 0
    let key = first
    while (end < bytes.length) {
      const from = end
      end += readInt32(bytes, end)
      if (end - start > CHUNK && from > start) {
        transaction.put('oplog', timestampKey(key), bytes.subarray(start, from))
        start = from
        key = timestampOf(bytes, from)
      }
    }
    transaction.put('oplog', timestampKey(key), bytes.subarray(start))
    size += bytes.length
    first = undefined
  }

  function trim(transaction: Transaction): void {
    const old: Buffer[] = []
    transaction.scan('oplog', ALL, (entry) => {
      old.push(Buffer.from(entry.key.subarray(entry.keyStart, entry.keyEnd)))
      size -= entry.size
      completeFrom = lastTimestampOf(entry)
      return old.length < TRIM_STEP && size > mostBytes
    })
    for (const key of old) transaction.remove('oplog', key)
    transaction.put('catalog', COMPLETE_FROM, timestampKey(completeFrom))
  }

  return {
    clock,
    append(change, origin) {
      if (unlogged.has(change.collection.db) || change.collection.name === 'system.profile') return
      const ts = clock.next()
      first ??= ts
      writeEntry(writer, change, ts, now(), origin)
    },
    mark: () => writer.length,
    rewind(mark) {
      writer.rewind(mark)
      if (mark === 0) first = undefined
    },
    read(view, after, visit) {
      const start = entryAtOrBefore(view, after) ?? timestampKey(after)
      view.scan('oplog', { low: start, high: ALL.high }, (entry) =>
        visitChanges(entry, after, visit),
      )
    },
    get completeFrom() {
      return completeFrom
    },
  }
}

const ALL = { low: Buffer.alloc(8), high: Buffer.alloc(9, 0xff) }

function visitChanges(
  { value, size }: Entry,
  after: Timestamp,
  visit: (buf: Buffer, doc: number, ts: Timestamp) => boolean,
): boolean {
  for (let doc = 0; doc < size; doc += readInt32(value, doc)) {
    const ts = timestampOf(value, doc)
    if (compareTimestamps(ts, after) > 0 && !visit(value, doc, ts)) return false
  }
  return true
}

/** `ts` is the first element of each entry: type byte, `ts`, zero. */
function timestampOf(buf: Buffer, doc: number): Timestamp {
  return new Timestamp(readInt32(buf, doc + 12) >>> 0, readInt32(buf, doc + 8) >>> 0)
}

/** The key of the store's entry that a point in time falls into. */
function entryAtOrBefore(view: View, point: Timestamp): Buffer | undefined {
  let found: Buffer | undefined
  const range = { low: ALL.low, high: timestampKey(point), highInclusive: true, reverse: true }
  view.scan('oplog', range, (entry) => {
    found = Buffer.from(entry.key.subarray(entry.keyStart, entry.keyEnd))
    return false
  })
  return found
}

/** The time of the last change in the log; zero when it never had any. */
export function latestLogged(view: View): Timestamp {
  let latest = new Timestamp(0, 0)
  view.scan('oplog', { ...ALL, reverse: true }, (entry) => {
    latest = lastTimestampOf(entry)
    return false
  })
  return latest
}

/** The time of the last change in an entry of the store. */
function lastTimestampOf({ value, size }: Entry): Timestamp {
  let latest = new Timestamp(0, 0)
  for (let doc = 0; doc < size; doc += readInt32(value, doc)) latest = timestampOf(value, doc)
  return latest
}

const COMPLETE_FROM = Buffer.from('oplog-complete-from')

function readCompleteFrom(view: View): Timestamp {
  const entry = view.get('catalog', COMPLETE_FROM)
  if (!entry) return new Timestamp(0, 0)
  return new Timestamp(entry.value.readUInt32BE(0), entry.value.readUInt32BE(4))
}
