/**
 * What there is in an engine: databases, collections, indexes. All of it is in memory;
 * changes are made in a write function, to memory and store alike, and taken back in
 * memory when the store undoes the write.
 */
import { randomUUID } from 'node:crypto'
import { type Doc, decodeDocument, encodeDocument, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { Store } from '../storage/store.js'
import type { Transaction, View } from '../storage/view.js'
import { createChangeTracker } from './change-tracker.js'
import { type Collection, namespaceOf } from './collection.js'
import type { Growth } from './growth.js'
import { createIndex, type Index, idIndexSpec } from './index-definition.js'
import * as stored from './stored.js'
import type { WriteTransaction } from './write-transaction.js'

export interface Catalog {
  databases(): string[]
  /** In order of their names. */
  collections(db: string): Collection[]
  find(db: string, name: string): Collection | undefined
  /** The collection with a uuid, wherever it has been renamed to. */
  findById(id: number): Collection | undefined
  create(transaction: WriteTransaction, db: string, name: string, options?: Doc): Collection
  drop(transaction: WriteTransaction, collection: Collection): void
  rename(transaction: WriteTransaction, collection: Collection, db: string, name: string): void
  setOptions(transaction: Transaction, collection: Collection, options: Doc): void
  addIndex(transaction: Transaction, collection: Collection, spec: Doc, building: boolean): Index
  /** The index is filled: queries may use it from now on. */
  finishIndex(transaction: Transaction, collection: Collection, index: Index): void
  setIndexSpec(transaction: Transaction, collection: Collection, index: Index, spec: Doc): void
  dropIndex(transaction: Transaction, collection: Collection, index: Index): void
  /** Whether data may grow; whoever opened the engine says so. */
  readonly growth: Growth
  /** Goes up with each collection or index that leaves keys behind to be removed. */
  readonly drops: number
  /** A write function begins; `undoable`: it may be undone. */
  beginWrite(undoable: boolean): void
  /** The counters of a collection are about to change. */
  touch(collection: Collection): void
}

/** Reads the catalog of a store, and keeps it in line with what the store commits. */
export function openCatalog(store: Store): Catalog {
  const tracker = createChangeTracker()
  const databases = new Map<string, Map<string, Collection>>()
  const byId = new Map<number, Collection>()
  let nextId = 1
  let drops = 0

  load()
  store.onBeforeCommit((transaction) => tracker.writeCounters(transaction))
  store.onUndo(() => tracker.undo())
  store.onLost(load)

  function load(): void {
    checkFormat(store)
    databases.clear()
    byId.clear()
    nextId = readNextId(store)
    for (const collection of stored.storedCollections(store)) put(collection)
  }

  function put(collection: Collection): void {
    const collections = databases.get(collection.db) ?? new Map<string, Collection>()
    databases.set(collection.db, collections)
    collections.set(collection.name, collection)
    byId.set(collection.id, collection)
  }

  function take(collection: Collection): void {
    const collections = databases.get(collection.db)
    collections?.delete(collection.name)
    if (collections?.size === 0) databases.delete(collection.db)
    byId.delete(collection.id)
  }

  function takeId(transaction: Transaction): number {
    const id = nextId++
    tracker.changed(() => {
      nextId = id
    })
    transaction.put('catalog', stored.nextIdKey, encodeDocument({ id: nextId }))
    return id
  }

  function save(transaction: Transaction, collection: Collection): void {
    const key = stored.collectionKey(namespaceOf(collection))
    transaction.put('catalog', key, stored.storedCollection(collection))
    tracker.touch(collection)
  }

  /** Changes a property of a collection or index in memory so that it can be taken back. */
  function change<T, K extends keyof T>(target: T, property: K, value: T[K]): void {
    const before = target[property]
    target[property] = value
    tracker.changed(() => {
      target[property] = before
    })
  }

  return {
    growth: { refusal: undefined },
    get drops() {
      return drops
    },
    databases: () => [...databases.keys()].sort(),
    collections: (db) =>
      [...(databases.get(db)?.values() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)),
    find: (db, name) => databases.get(db)?.get(name),
    findById: (id) => byId.get(id),
    beginWrite: (undoable) => tracker.begin(undoable),
    touch: (collection) => tracker.touch(collection),

    create(transaction, db, name, options = new Map<string, Value>()) {
      checkDatabaseCase(databases.keys(), db)
      const collection: Collection = {
        id: takeId(transaction),
        uuid: Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
        db,
        name,
        options,
        indexes: [],
        count: 0,
        dataSize: 0,
        recordIds: { next: 1 },
        changes: 0,
      }
      if (!options.has('viewOn')) {
        collection.indexes.push(
          createIndex(idIndexSpec(), newIndexState(takeId(transaction), false)),
        )
      }
      put(collection)
      tracker.changed(() => take(collection))
      save(transaction, collection)
      transaction.observer.created(collection)
      return collection
    },

    drop(transaction, collection) {
      drops++
      transaction.remove('catalog', stored.collectionKey(namespaceOf(collection)))
      transaction.remove('catalog', stored.countersKey(collection.id))
      transaction.put('catalog', stored.droppedKey('records', collection.id), EMPTY)
      for (const { id } of collection.indexes) {
        transaction.put('catalog', stored.droppedKey('indexes', id), EMPTY)
      }
      take(collection)
      tracker.changed(() => put(collection))
      tracker.forget(collection)
      transaction.observer.dropped(collection)
    },

    rename(transaction, collection, db, name) {
      checkDatabaseCase(databases.keys(), db)
      transaction.remove('catalog', stored.collectionKey(namespaceOf(collection)))
      take(collection)
      const renamed = { ...collection, db, name }
      put(renamed)
      tracker.changed(() => {
        take(renamed)
        put(collection)
      })
      tracker.forget(collection)
      save(transaction, renamed)
      transaction.observer.renamed(collection, renamed)
    },

    setOptions(transaction, collection, options) {
      change(collection, 'options', options)
      save(transaction, collection)
    },

    addIndex(transaction, collection, spec, building) {
      const index = createIndex(spec, newIndexState(takeId(transaction), building))
      tracker.touch(collection)
      change(collection, 'indexes', [...collection.indexes, index])
      save(transaction, collection)
      return index
    },

    finishIndex(transaction, collection, index) {
      change(index, 'building', false)
      save(transaction, collection)
    },

    setIndexSpec(transaction, collection, index, spec) {
      change(index, 'spec', spec)
      change(index, 'prepareUnique', spec.get('prepareUnique') === true)
      save(transaction, collection)
    },

    dropIndex(transaction, collection, index) {
      drops++
      tracker.touch(collection)
      change(
        collection,
        'indexes',
        collection.indexes.filter((other) => other !== index),
      )
      transaction.put('catalog', stored.droppedKey('indexes', index.id), EMPTY)
      save(transaction, collection)
    },
  }
}

const EMPTY = Buffer.alloc(0)

function newIndexState(id: number, building: boolean) {
  return { id, building, multikey: 0, truncated: false, size: 0 }
}

function readNextId(view: View): number {
  const bytes = stored.storedValue(view, stored.nextIdKey)
  return bytes ? (decodeDocument(bytes).get('id') as number) : 1
}

function checkFormat(view: View): void {
  const bytes = stored.storedValue(view, stored.formatKey)
  const version = bytes && (decodeDocument(bytes).get('version') as number)
  if (version !== undefined && version > stored.FORMAT_VERSION) {
    throw new CommandError(
      'UnsupportedFormat',
      `the data is of format ${version}, this version reads up to ${stored.FORMAT_VERSION}: use a newer version`,
    )
  }
}

function checkDatabaseCase(databases: Iterable<string>, db: string): void {
  for (const other of databases) {
    if (other !== db && other.toLowerCase() === db.toLowerCase()) {
      throw new CommandError(
        'DatabaseDifferCase',
        `db already exists with different case already have: [${other}] trying to create [${db}]`,
      )
    }
  }
}
