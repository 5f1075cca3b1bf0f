import { KeyWriter } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { cutKey, readUint53, recordIdOfKey } from '../catalog/entries.js'
import type { Index } from '../catalog/index-definition.js'
import { findByUniqueKey, getRecord, scanRecords } from '../catalog/records.js'
import { CommandError } from '../errors.js'
import type { Entry } from '../storage/entry.js'
import type { View } from '../storage/view.js'
import type { Access, IndexAccess } from './access.js'

/** Answers false to stop; the record that it was shown counts as visited. */
export type RecordVisitor = (recordId: number, entry: Entry) => boolean

/**
 * Records of a collection in the order of an access path. Between calls it keeps a
 * position, not results, so it may be left for any time and goes on with what is then there.
 */
export interface RecordSource {
  /** Visits further records until the visitor stops it (answers true) or there are no more (false). */
  visit(view: View, collection: Collection, visitor: RecordVisitor): boolean
  /** Index keys looked at so far. */
  readonly keysExamined: number
}

export function openSource(access: Access): RecordSource {
  switch (access.kind) {
    case 'nothing':
      return { keysExamined: 0, visit: () => false }
    case 'collection':
      return collectionSource(access.reverse)
    case 'id':
      return idSource(access)
    case 'index':
      return indexSource(access)
    case 'or':
      return orSource(access.branches)
  }
}

function collectionSource(reverse: boolean): RecordSource {
  let after: number | undefined
  return {
    keysExamined: 0,
    visit(view, collection, visitor) {
      let stopped = false
      scanRecords(view, collection, { after, reverse }, (recordId, entry) => {
        stopped = !visitor(recordId, entry)
        if (stopped) after = recordId
        return !stopped
      })
      return stopped
    },
  }
}

const idKey = new KeyWriter()

/** The record id of the document with an `_id`. */
export function findById(
  view: View,
  collection: Collection,
  buf: Buffer,
  type: number,
  at: number,
): number | undefined {
  idKey.reset().uint32(collection.indexes[0].id)
  idKey.append(buf, type, at)
  cutKey(idKey)
  return findByUniqueKey(view, idKey)
}

function idSource({ key }: { key: { buf: Buffer; type: number; at: number } }): RecordSource {
  const source = {
    keysExamined: 0,
    visit(view: View, collection: Collection, visitor: RecordVisitor): boolean {
      if (source.keysExamined > 0) return false
      source.keysExamined = 1
      const recordId = findById(view, collection, key.buf, key.type, key.at)
      const entry = recordId !== undefined && getRecord(view, collection, recordId)
      return entry ? !visitor(recordId, entry) : false
    },
  }
  return source
}

/** Records are fetched for so many index entries at a time: few at first, for a limit may end it soon. */
const FIRST_CHUNK = 16
const LARGEST_CHUNK = 512

function indexSource({ index, ranges, reverse }: IndexAccess): RecordSource {
  const order = reverse ? [...ranges].reverse() : ranges
  const seen = new Set<number>()
  let multikey = false
  let range = 0
  let position: Buffer | undefined
  let chunk = FIRST_CHUNK
  let fetched: number[] = []
  let next = 0
  const source = { keysExamined: 0, visit }
  return source

  function visit(view: View, collection: Collection, visitor: RecordVisitor): boolean {
    for (;;) {
      while (next < fetched.length) {
        const recordId = fetched[next++]
        const entry = getRecord(view, collection, recordId)
        if (entry && !visitor(recordId, entry)) return true
      }
      if (range >= order.length) return false
      fetched = []
      next = 0
      multikey = liveIndex(collection, index).multikey !== 0
      readEntries(view)
      chunk = Math.min(chunk * 4, LARGEST_CHUNK)
    }
  }

  /** Collects the record ids of the next entries. */
  function readEntries(view: View): void {
    while (range < order.length && fetched.length < chunk) {
      const { low, high } = order[range]
      let full = false
      view.scan('indexes', positioned(low, high), (entry) => {
        source.keysExamined++
        collect(index.unique ? readUint53(entry.value, 0) : recordIdOfKey(entry))
        full = fetched.length >= chunk
        if (full) position = Buffer.from(entry.key.subarray(entry.keyStart, entry.keyEnd))
        return !full
      })
      if (full) return
      range++
      position = undefined
    }
  }

  function positioned(low: Buffer, high: Buffer) {
    if (!position) return { low, high, reverse }
    return reverse
      ? { low, high: position, reverse }
      : { low: position, lowExclusive: true, high, reverse }
  }

  function collect(recordId: number): void {
    if (multikey) {
      if (seen.has(recordId)) return
      seen.add(recordId)
    }
    fetched.push(recordId)
  }
}

/** The index as it now is. Throws when it was dropped since the query began, for its entries are going. */
function liveIndex(collection: Collection, { id, name }: Index): Index {
  const live = collection.indexes.find((index) => index.id === id)
  if (live) return live
  throw new CommandError('QueryPlanKilled', `query plan killed :: index '${name}' dropped`)
}

function orSource(branches: readonly Access[]): RecordSource {
  const sources = branches.map(openSource)
  const seen = new Set<number>()
  let current = 0
  return {
    get keysExamined() {
      return sources.reduce((sum, source) => sum + source.keysExamined, 0)
    },
    visit(view, collection, visitor) {
      while (current < sources.length) {
        const stopped = sources[current].visit(view, collection, (recordId, entry) => {
          if (seen.has(recordId)) return true
          seen.add(recordId)
          return visitor(recordId, entry)
        })
        if (stopped) return true
        current++
      }
      return false
    },
  }
}
