import type { Catalog } from '../catalog/catalog.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import type { Oplog } from '../oplog/oplog.js'
import type { Store } from '../storage/store.js'
import type { WriteOptions } from '../storage/write-queue.js'
import type { ConflictTable } from './conflicts.js'
import { observePlainWrites } from './plain-writes.js'
import type { WriteLock } from './write-lock.js'

/** Runs a write function whose changes take effect at once; resolves when they are on disk. */
export type PlainWrite = <T>(
  work: (transaction: WriteTransaction) => T,
  options?: WriteOptions,
) => Promise<T>

/** Writes to a store that are counted, checked for conflicts and logged, and taken back together when they are undone. */
export function createPlainWrite(
  store: Store,
  catalog: Catalog,
  conflicts: ConflictTable,
  oplog: Oplog,
  lock: WriteLock,
): PlainWrite {
  const observer = observePlainWrites(catalog, conflicts, oplog)
  let observed: WriteTransaction | undefined
  let logMark = 0
  store.onUndo(() => oplog.rewind(logMark))
  const write: PlainWrite = (work, options) =>
    store.write((transaction) => {
      catalog.beginWrite(!options?.throwsBeforeWriting)
      logMark = oplog.mark()
      // The store hands out one and the same transaction each time.
      observed ??= { ...transaction, observer }
      return work(observed)
    }, options)
  return (work, options) =>
    lock.count === 0 ? write(work, options) : whenOpen().then(() => write(work, options))

  async function whenOpen(): Promise<void> {
    // Between the end of one lock and this there may have been another one.
    while (lock.count > 0) await lock.open()
  }
}
