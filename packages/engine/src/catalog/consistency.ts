/** Whether what is stored of a collection is as it should be: records, index entries, counters. */
import { type KeyWriter, validateDocument } from '@gantry/bson'
import { copyValue } from '../storage/copy.js'
import type { View } from '../storage/view.js'
import type { Collection } from './collection.js'
import { cutKey, prefixKey, readUint53, recordIdOfKey } from './entries.js'
import { eachKey, type Index } from './index-definition.js'
import { getRecord, scanRecords } from './records.js'

export interface CollectionReport {
  readonly records: number
  readonly dataSize: number
  /** Entries per index, by its name. */
  readonly entries: Readonly<Record<string, number>>
  /** What is wrong, a sentence each; no more than the first hundred. */
  readonly problems: readonly string[]
}

/** Records and entries looked at between two pauses. */
const STRETCH = 256
const MOST_PROBLEMS = 100

/**
 * Walks all records and indexes of a collection, but for indexes being built. Pauses at
 * each `yield`, so that the caller can let others in; what the view shows and the
 * collection's counters must stay as they are meanwhile.
 */
export function* checkCollection(
  view: View,
  collection: Collection,
): Generator<void, CollectionReport> {
  const problems: string[] = []
  const report = (problem: string) => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem)
  }
  const indexes = collection.indexes.filter(({ building }) => !building)
  const expected = new Map(indexes.map((index) => [index, { entries: 0, size: 0 }]))
  let records = 0
  let dataSize = 0
  for (const stretch of recordStretches(view, collection)) {
    for (const { recordId, doc } of stretch) {
      records++
      dataSize += doc.length
      const malformed = validateDocument(doc)
      if (malformed) report(`record ${recordId} is malformed: ${malformed}`)
      if (malformed) continue
      for (const index of indexes) {
        const counted = checkKeys(view, index, recordId, doc, report)
        const sum = expected.get(index) as { entries: number; size: number }
        sum.entries += counted.entries
        sum.size += counted.size
      }
    }
    yield
  }
  compare(report, 'count', collection.count, records)
  compare(report, 'dataSize', collection.dataSize, dataSize)
  const entries: Record<string, number> = {}
  for (const index of indexes) {
    const { entries: wanted, size } = expected.get(index) as { entries: number; size: number }
    entries[index.name] = yield* countEntries(view, index)
    compare(report, `size of index ${index.name}`, index.size, size)
    // All expected entries are there or reported, so others can only be behind a difference.
    if (entries[index.name] !== wanted) {
      report(`index ${index.name} has ${entries[index.name]} entries instead of ${wanted}`)
      yield* findExtraEntries(view, collection, index, report)
    }
  }
  return { records, dataSize, entries, problems }
}

type ReportProblem = (problem: string) => void

function compare(report: ReportProblem, what: string, noted: number, found: number): void {
  if (noted !== found) report(`${what} is noted as ${noted} but is ${found}`)
}

function* recordStretches(view: View, collection: Collection) {
  let after: number | undefined
  for (;;) {
    const stretch: { recordId: number; doc: Buffer }[] = []
    scanRecords(view, collection, { after }, (recordId, entry) => {
      stretch.push({ recordId, doc: copyValue(entry) })
      return stretch.length < STRETCH
    })
    if (stretch.length === 0) return
    after = stretch[stretch.length - 1].recordId
    yield stretch
  }
}

/** Looks for the entries that a record should have in an index. */
function checkKeys(
  view: View,
  index: Index,
  recordId: number,
  doc: Buffer,
  report: ReportProblem,
): { entries: number; size: number } {
  const sum = { entries: 0, size: 0 }
  const name = `index ${index.name}`
  const multikey = eachKey(index, doc, (key) => {
    if (cutKey(key) && !index.truncated) report(`${name} has cut keys but is not marked so`)
    if (!index.unique) key.uint53(recordId)
    sum.entries++
    sum.size += key.length + (index.unique ? 8 : 0)
    const found = view.get('indexes', key)
    if (!found) report(`${name} misses an entry of record ${recordId}`)
    else if (index.unique && readUint53(found.value, 0) !== recordId) {
      report(`${name} has another record at the key of record ${recordId}`)
    }
  })
  if ((multikey & ~index.multikey) !== 0) {
    report(`${name} is not marked as multikey for record ${recordId}`)
  }
  return sum
}

function* entryStretches(view: View, index: Index) {
  let low: Uint8Array = prefixKey(index.id)
  for (;;) {
    const stretch: { key: Buffer; recordId: number }[] = []
    const range = { low, lowExclusive: true, high: prefixKey(index.id + 1) }
    view.scan('indexes', range, (entry) => {
      const recordId = index.unique ? readUint53(entry.value, 0) : recordIdOfKey(entry)
      const key = Buffer.from(entry.key.subarray(entry.keyStart, entry.keyEnd))
      stretch.push({ key, recordId })
      return stretch.length < STRETCH
    })
    if (stretch.length === 0) return
    low = stretch[stretch.length - 1].key
    yield stretch
  }
}

function* countEntries(view: View, index: Index): Generator<void, number> {
  let count = 0
  for (const stretch of entryStretches(view, index)) {
    count += stretch.length
    yield
  }
  return count
}

/** Names the entries that no record accounts for. */
function* findExtraEntries(
  view: View,
  collection: Collection,
  index: Index,
  report: ReportProblem,
): Generator<void, void> {
  for (const stretch of entryStretches(view, index)) {
    for (const { key, recordId } of stretch) {
      const found = getRecord(view, collection, recordId)
      if (!found) {
        report(`index ${index.name} has an entry of record ${recordId}, which is not there`)
      } else if (!hasKey(index, copyValue(found), recordId, key)) {
        report(`index ${index.name} has an entry that record ${recordId} does not have`)
      }
    }
    yield
  }
}

function hasKey(index: Index, doc: Buffer, recordId: number, wanted: Buffer): boolean {
  let has = false
  eachKey(index, doc, (key: KeyWriter) => {
    cutKey(key)
    if (!index.unique) key.uint53(recordId)
    has ||= key.bytes().equals(wanted)
  })
  return has
}
