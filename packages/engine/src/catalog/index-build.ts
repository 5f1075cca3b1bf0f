import { copyValue } from '../storage/copy.js'
import type { Collection } from './collection.js'
import type { Index } from './index-definition.js'
import { indexRecord, scanRecords } from './records.js'
import type { WriteTransaction } from './write-transaction.js'

/**
 * Fills a new index from the records that are there already, a stretch per call; writers
 * keep it up to date meanwhile. Call with the position that the last call answered until
 * it answers undefined. Throws DuplicateKey when a unique index cannot be.
 */
export function fillIndex(
  transaction: WriteTransaction,
  collection: Collection,
  index: Index,
  after: number | undefined,
  endMs: number,
): number | undefined {
  const records: { recordId: number; doc: Buffer }[] = []
  let size = 0
  let ended = true
  scanRecords(transaction, collection, { after }, (recordId, entry) => {
    records.push({ recordId, doc: copyValue(entry) })
    size += entry.size
    ended = records.length < CHUNK && size < CHUNK_BYTES
    return ended
  })
  for (const { recordId, doc } of records) {
    indexRecord(transaction, collection, index, recordId, doc)
    after = recordId
    if (performance.now() >= endMs) return after
  }
  return ended ? undefined : after
}

/** Records read before their keys are made: writing between two steps of a scan costs more. */
const CHUNK = 256
const CHUNK_BYTES = 1024 * 1024
