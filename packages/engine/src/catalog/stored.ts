/** The catalog's entries in the store: which keys there are, and what their values hold. */
import { Binary, type Doc, decodeDocument, encodeDocument, type Value } from '@gantry/bson'
import { copyValue } from '../storage/copy.js'
import type { View } from '../storage/view.js'
import type { Collection } from './collection.js'
import { createIndex, type Index } from './index-definition.js'

/** Version of the layout that this code reads and writes. */
export const FORMAT_VERSION = 1

export const formatKey = Buffer.from('format')
export const nextIdKey = Buffer.from('next-id')

/** Collections, by namespace. */
export const collectionRange = { low: Buffer.from('c:'), high: Buffer.from('c;') }
export function collectionKey(namespace: string): Buffer {
  return Buffer.from(`c:${namespace}`)
}

/** Counters, by a collection's id. */
export function countersKey(collectionId: number): Buffer {
  return Buffer.from(`n:${collectionId}`)
}

/** Prefixes whose keys are to be removed, of collections and indexes that were dropped. */
export const droppedRange = { low: Buffer.from('x:'), high: Buffer.from('x;') }
export function droppedKey(tree: 'records' | 'indexes', id: number): Buffer {
  return Buffer.from(`x:${tree}:${id}`)
}

export function parseDroppedKey(text: string): { tree: 'records' | 'indexes'; id: number } {
  const [, tree, id] = text.split(':')
  return { tree: tree as 'records' | 'indexes', id: Number(id) }
}

export function storedCollection(collection: Collection): Buffer {
  return encodeDocument({
    id: collection.id,
    uuid: new Binary(collection.uuid, 4),
    db: collection.db,
    name: collection.name,
    options: collection.options,
    indexes: collection.indexes.map((index) => ({
      id: index.id,
      spec: index.spec,
      building: index.building,
    })),
  })
}

export function storedCounters(collection: Collection): Buffer {
  return encodeDocument({
    count: BigInt(collection.count),
    dataSize: BigInt(collection.dataSize),
    indexes: collection.indexes.map((index) => ({
      size: BigInt(index.size),
      multikey: index.multikey,
      truncated: index.truncated,
    })),
  })
}

/** The collection as it was stored, with its counters. */
function loadCollection(
  stored: Buffer,
  counters: (collectionId: number) => Buffer | undefined,
): Collection {
  const doc = decodeDocument(stored)
  const id = doc.get('id') as number
  const counted = counters(id)
  const counts = counted ? decodeDocument(counted) : new Map<string, Value>()
  const indexCounts = (counts.get('indexes') ?? []) as Doc[]
  return {
    id,
    uuid: (doc.get('uuid') as Binary).bytes,
    db: doc.get('db') as string,
    name: doc.get('name') as string,
    options: doc.get('options') as Doc,
    indexes: (doc.get('indexes') as Doc[]).map((index, i) => loadIndex(index, indexCounts[i])),
    count: Number(counts.get('count') ?? 0),
    dataSize: Number(counts.get('dataSize') ?? 0),
    recordIds: { next: 0 },
    changes: 0,
  }
}

/** All collections that a view of the store has, with their counters, in order of their namespaces. */
export function storedCollections(view: View): Collection[] {
  const all: Buffer[] = []
  view.scan('catalog', collectionRange, (entry) => {
    all.push(copyValue(entry))
    return true
  })
  return all.map((bytes) => loadCollection(bytes, (id) => storedValue(view, countersKey(id))))
}

/** What the catalog of a view has under a key, as bytes of their own. */
export function storedValue(view: View, key: Buffer): Buffer | undefined {
  const entry = view.get('catalog', key)
  return entry && copyValue(entry)
}

function loadIndex(stored: Doc, counts: Doc | undefined): Index {
  return createIndex(stored.get('spec') as Doc, {
    id: stored.get('id') as number,
    building: stored.get('building') as boolean,
    size: Number(counts?.get('size') ?? 0),
    multikey: Number(counts?.get('multikey') ?? 0),
    truncated: counts?.get('truncated') === true,
  })
}
