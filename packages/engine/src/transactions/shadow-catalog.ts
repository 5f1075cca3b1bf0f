import type { Catalog } from '../catalog/catalog.js'
import type { Collection } from '../catalog/collection.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'

/** A catalog whose collections count for themselves, so that a transaction's counts stay its own until it commits. */
export interface ShadowCatalog {
  readonly catalog: Catalog
  /** Whether the collections used are still as they were when first used. */
  isCurrent(): boolean
  /** Adds what was counted to the real collections. */
  addCounts(transaction: WriteTransaction): void
}

interface Pair {
  readonly real: Collection
  readonly shadow: Collection
  readonly indexes: Collection['indexes']
}

export function createShadowCatalog(catalog: Catalog): ShadowCatalog {
  const pairs = new Map<number, Pair>()

  function shadowOf(real: Collection | undefined): Collection | undefined {
    if (!real) return undefined
    const known = pairs.get(real.id)
    if (known) return known.shadow
    // Indexes that are being built will see the documents when the transaction has committed.
    const indexes = real.indexes.map((index) => ({ ...index, size: 0 }))
    const shadow = { ...real, indexes, count: 0, dataSize: 0, changes: 0 }
    pairs.set(real.id, { real, shadow, indexes: real.indexes })
    return shadow
  }

  return {
    catalog: {
      ...catalog,
      find: (db, name) => shadowOf(catalog.find(db, name)),
      findById: (id) => shadowOf(catalog.findById(id)),
    },
    isCurrent: () =>
      [...pairs.values()].every(
        ({ real, indexes }) => catalog.findById(real.id) === real && real.indexes === indexes,
      ),
    addCounts(transaction) {
      for (const { real, shadow } of pairs.values()) {
        transaction.observer.touch(real)
        real.count += shadow.count
        real.dataSize += shadow.dataSize
        real.changes += shadow.changes
        for (const [i, index] of real.indexes.entries()) {
          const counted = shadow.indexes[i]
          index.size += counted.size
          index.multikey |= counted.multikey
          index.truncated ||= counted.truncated
        }
      }
    },
  }
}
