import { copyValue } from '../storage/copy.js'
import type { Collection } from './collection.js'
import { removeRecord, scanRecords } from './records.js'
import type { WriteTransaction } from './write-transaction.js'

/** What a capped collection may hold. */
export interface Cap {
  /** Bytes of all documents. */
  readonly size: number
  /** Number of documents. */
  readonly max: number
}

/** The limits of a capped collection; undefined for others. */
export function capOf({ options }: Pick<Collection, 'options'>): Cap | undefined {
  if (options.get('capped') !== true) return undefined
  const max = options.get('max')
  return {
    size: Number(options.get('size')),
    max: max === undefined ? Number.POSITIVE_INFINITY : Number(max),
  }
}

/** Documents that one insertion removes at most; when a cap was lowered, the next ones go on. */
const MOST_REMOVED = 1000

/**
 * Removes the oldest documents of a capped collection until it keeps its limits. Its newest
 * document stays, even when it is larger than all of them together may be.
 */
export function trimCapped(
  transaction: WriteTransaction,
  collection: Collection,
  { size, max }: Cap,
): void {
  if (collection.dataSize <= size && collection.count <= max) return
  let { dataSize, count } = collection
  const oldest: { recordId: number; doc: Buffer }[] = []
  scanRecords(transaction, collection, {}, (recordId, entry) => {
    if ((dataSize <= size && count <= max) || count === 1) return false
    oldest.push({ recordId, doc: copyValue(entry) })
    dataSize -= entry.size
    count--
    return oldest.length < MOST_REMOVED
  })
  for (const { recordId, doc } of oldest) removeRecord(transaction, collection, recordId, doc)
}
