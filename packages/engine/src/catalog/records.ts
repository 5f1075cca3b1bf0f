/**
 * Documents of a collection with their index entries. Each function checks first and
 * writes then, so that a throw leaves nothing half done.
 */
import { decodeDocument, type KeyWriter } from '@gantry/bson'
import { copyValue } from '../storage/copy.js'
import type { Entry, Key } from '../storage/entry.js'
import type { View } from '../storage/view.js'
import type { Collection } from './collection.js'
import { duplicateKey } from './duplicate-key.js'
import { cutKey, prefixKey, readUint53, recordIdOfKey, recordKey, uint53 } from './entries.js'
import { eachKey, type Index } from './index-definition.js'
import type { WriteTransaction } from './write-transaction.js'

/** The document of a record, where the store keeps it: valid until the next read. */
export function getRecord(view: View, collection: Collection, recordId: number): Entry | undefined {
  return view.get('records', recordKey(collection.id, recordId))
}

/** The document of a record as bytes of their own. */
export function copyRecord(
  view: View,
  collection: Collection,
  recordId: number,
): Buffer | undefined {
  const entry = getRecord(view, collection, recordId)
  return entry && copyValue(entry)
}

/** Visits records in order of their ids from `after` on (down from it when `reverse`), until the visitor answers false. */
export function scanRecords(
  view: View,
  collection: Collection,
  options: { after?: number; reverse?: boolean },
  visit: (recordId: number, entry: Entry) => boolean,
): void {
  const { after, reverse = false } = options
  const start =
    after === undefined ? undefined : Buffer.concat([prefixKey(collection.id), uint53(after)])
  const range = {
    low: (!reverse && start) || prefixKey(collection.id),
    lowExclusive: true,
    high: (reverse && start) || prefixKey(collection.id + 1),
    reverse,
  }
  view.scan('records', range, (entry) => visit(recordIdOfKey(entry), entry))
}

/** Stores a document, which must have an `_id`; returns its record id. Throws DuplicateKey with nothing changed. */
export function insertRecord(
  transaction: WriteTransaction,
  collection: Collection,
  doc: Buffer,
): number {
  transaction.observer.grow(collection)
  transaction.observer.touch(collection)
  for (const index of collection.indexes) checkUnique(transaction, collection, index, doc, -1)
  const recordId = takeRecordId(transaction, collection)
  transaction.put('records', recordKey(collection.id, recordId), doc)
  for (const index of collection.indexes) addKeys(transaction, index, doc, recordId)
  collection.count++
  collection.dataSize += doc.length
  collection.changes++
  transaction.observer.inserted(collection, doc)
  return recordId
}

/** Puts a document in the place of another with the same `_id`. Throws DuplicateKey with nothing changed. */
export function replaceRecord(
  transaction: WriteTransaction,
  collection: Collection,
  recordId: number,
  old: Buffer,
  doc: Buffer,
  whole = false,
): void {
  if (doc.length > old.length) transaction.observer.grow(collection)
  transaction.observer.claim(collection, recordId)
  transaction.observer.touch(collection)
  const changes = collection.indexes.slice(1).map((index) => keyChanges(index, old, doc))
  for (const { index, added } of changes) {
    if (!index.unique && !index.prepareUnique) continue
    for (const key of added) checkKeyFree(transaction, collection, index, key, recordId, doc)
  }
  for (const { index, added, removed } of changes) {
    for (const key of removed) removeKey(transaction, index, key, recordId)
    for (const key of added) putKey(transaction, index, key, recordId)
  }
  transaction.put('records', recordKey(collection.id, recordId), doc)
  collection.dataSize += doc.length - old.length
  collection.changes++
  transaction.observer.replaced(collection, old, doc, whole)
}

export function removeRecord(
  transaction: WriteTransaction,
  collection: Collection,
  recordId: number,
  doc: Buffer,
): void {
  transaction.observer.claim(collection, recordId)
  transaction.observer.touch(collection)
  for (const index of collection.indexes) {
    visitKeys(index, doc, (key) => removeKey(transaction, index, key, recordId))
  }
  transaction.remove('records', recordKey(collection.id, recordId))
  collection.count--
  collection.dataSize -= doc.length
  collection.changes++
  transaction.observer.removed(collection, doc)
}

/** Adds the keys of a record that is already stored to an index being built. Throws DuplicateKey. */
export function indexRecord(
  transaction: WriteTransaction,
  collection: Collection,
  index: Index,
  recordId: number,
  doc: Buffer,
): void {
  transaction.observer.grow(collection)
  checkUnique(transaction, collection, index, doc, recordId)
  transaction.observer.touch(collection)
  visitKeys(index, doc, (key) => {
    const full = entryKey(index, key, recordId)
    if (!transaction.get('indexes', full)) putEntry(transaction, index, full, recordId)
  })
}

/** The record that a unique index has for a key made of its fields' values, or undefined. */
export function findByUniqueKey(view: View, key: Key): number | undefined {
  const found = view.get('indexes', key)
  return found && readUint53(found.value, 0)
}

function takeRecordId(view: View, collection: Collection): number {
  const { recordIds } = collection
  if (recordIds.next === 0) {
    recordIds.next = 1
    scanRecords(view, collection, { reverse: true }, (last) => {
      recordIds.next = last + 1
      return false
    })
  }
  return recordIds.next++
}

function visitKeys(index: Index, doc: Buffer, visit: (key: KeyWriter) => void): void {
  index.multikey |= eachKey(index, doc, visit)
}

function checkUnique(
  transaction: WriteTransaction,
  collection: Collection,
  index: Index,
  doc: Buffer,
  recordId: number,
): void {
  // Making the keys also tells whether they can be made at all, so a non-unique index that may fail is tried too.
  const exclusive = index.unique || index.prepareUnique
  if (!exclusive && index.fields.length === 1) return
  visitKeys(index, doc, (key) => {
    if (exclusive) checkKeyFree(transaction, collection, index, key, recordId, doc)
  })
}

function checkKeyFree(
  transaction: WriteTransaction,
  collection: Collection,
  index: Index,
  key: Key,
  recordId: number,
  doc: Buffer,
): void {
  if (isWriter(key) && cutKey(key)) index.truncated = true
  transaction.observer.claimKey(index, key)
  const holder = index.unique
    ? findByUniqueKey(transaction, key)
    : otherHolder(transaction, key, recordId)
  if (holder === undefined || holder === recordId) return
  throw duplicateKey(collection, index, decodeDocument(doc))
}

/** A record other than the given one that an index which is not unique has at a key. */
function otherHolder(view: View, key: Key, recordId: number): number | undefined {
  const low = isWriter(key) ? key.copy() : Buffer.from(key as Uint8Array)
  const high = Buffer.concat([low, AFTER_RECORD_IDS])
  let other: number | undefined
  view.scan('indexes', { low, high }, (entry) => {
    const holder = recordIdOfKey(entry)
    if (holder !== recordId) other = holder
    return other === undefined
  })
  return other
}

/** Above the ids of all records, which stay below 2^53. */
const AFTER_RECORD_IDS = Buffer.alloc(8, 0xff)

function addKeys(transaction: WriteTransaction, index: Index, doc: Buffer, recordId: number): void {
  visitKeys(index, doc, (key) => putKey(transaction, index, key, recordId))
}

interface KeyChanges {
  readonly index: Index
  readonly added: readonly Buffer[]
  readonly removed: readonly Buffer[]
}

function keyChanges(index: Index, old: Buffer, doc: Buffer): KeyChanges {
  const before = keysOf(index, old)
  const after = keysOf(index, doc)
  if (before.length === 1 && after.length === 1) {
    const same = before[0].equals(after[0])
    return { index, added: same ? [] : after, removed: same ? [] : before }
  }
  return { index, added: keysNotIn(after, before), removed: keysNotIn(before, after) }
}

function keysOf(index: Index, doc: Buffer): Buffer[] {
  const keys: Buffer[] = []
  visitKeys(index, doc, (key) => {
    if (cutKey(key)) index.truncated = true
    keys.push(key.copy())
  })
  return keys
}

function keysNotIn(keys: readonly Buffer[], others: readonly Buffer[]): Buffer[] {
  const known = new Set(others.map((key) => key.toString('latin1')))
  return keys.filter((key) => !known.has(key.toString('latin1')))
}

function putKey(transaction: WriteTransaction, index: Index, key: Key, recordId: number): void {
  putEntry(transaction, index, entryKey(index, key, recordId), recordId)
}

function putEntry(transaction: WriteTransaction, index: Index, full: Key, recordId: number): void {
  transaction.put('indexes', full, index.unique ? uint53(recordId) : NOTHING)
  index.size += full.length + (index.unique ? 8 : 0)
}

function removeKey(transaction: WriteTransaction, index: Index, key: Key, recordId: number): void {
  const full = entryKey(index, key, recordId)
  // While a unique index is built, another record may have taken the key of one not reached yet.
  if (index.building && index.unique && findByUniqueKey(transaction, full) !== recordId) return
  if (transaction.remove('indexes', full)) index.size -= full.length + (index.unique ? 8 : 0)
}

const NOTHING = Buffer.alloc(0)

/** A unique index has the record id as the value; others have it at the end of the key. */
function entryKey(index: Index, key: Key, recordId: number): Key {
  if (!isWriter(key)) {
    return index.unique ? key : Buffer.concat([key as Uint8Array, uint53(recordId)])
  }
  if (cutKey(key)) index.truncated = true
  if (!index.unique) key.uint53(recordId)
  return key
}

function isWriter(key: Key): key is KeyWriter {
  return !(key instanceof Uint8Array)
}
