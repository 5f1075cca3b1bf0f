import type { Transaction } from '../storage/view.js'
import type { Collection } from './collection.js'
import { countersKey, storedCounters } from './stored.js'

type Undo = () => unknown

/**
 * Keeps what is in memory in line with what is on disk: counters are written once per
 * commit, and what a write changed in memory is taken back when the write is undone.
 */
export function createChangeTracker() {
  const unwritten = new Set<Collection>()
  const touched = new Set<Collection>()
  let undos: Undo[] = []
  let undoable = true

  return {
    /** A write function begins: changes from here on can be taken back, if they may have to. */
    begin(mayUndo: boolean): void {
      touched.clear()
      undos = []
      undoable = mayUndo
    },

    touch(collection: Collection): void {
      if (!undoable) {
        unwritten.add(collection)
        return
      }
      if (touched.has(collection)) return
      touched.add(collection)
      unwritten.add(collection)
      undos.push(restoreCounters(collection))
    },

    /** Registers how to take a change of the catalog's maps back. */
    changed(undo: Undo): void {
      undos.push(undo)
    },

    undo(): void {
      for (const undo of undos.reverse()) undo()
      this.begin(true)
    },

    /** The collection is gone: its counters are not to be written, unless that is taken back. */
    forget(collection: Collection): void {
      if (unwritten.delete(collection)) undos.push(() => unwritten.add(collection))
    },

    writeCounters(transaction: Transaction): void {
      for (const collection of unwritten) {
        transaction.put('catalog', countersKey(collection.id), storedCounters(collection))
      }
      unwritten.clear()
    },
  }
}

export type CatalogChangeTracker = ReturnType<typeof createChangeTracker>

function restoreCounters(collection: Collection): Undo {
  const { count, dataSize, changes } = collection
  const indexes = collection.indexes.map(({ size, multikey, truncated }) => ({
    size,
    multikey,
    truncated,
  }))
  const current = [...collection.indexes]
  return () => {
    // Record ids that were taken stay taken: a gap does no harm.
    Object.assign(collection, { count, dataSize, changes })
    for (const [i, state] of indexes.entries()) Object.assign(current[i], state)
  }
}
