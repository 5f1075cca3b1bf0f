import type { Collection } from '../catalog/collection.js'

/** What LMDB needs for each entry beside its key and value. */
const ENTRY_OVERHEAD = 8
const RECORD_KEY = 12
/** B-tree pages are not full: how much more they take than what is in them. */
const FILL = 1.25

/** Bytes that the documents of a collection take on disk, as near as can be told without walking the tree. */
export function storageSize({ count, dataSize }: Collection): number {
  return Math.ceil((dataSize + count * (RECORD_KEY + ENTRY_OVERHEAD)) * FILL)
}

export function indexSize(index: { readonly size: number }): number {
  return Math.ceil(index.size * FILL)
}

export function totalIndexSize({ indexes }: Collection): number {
  return indexes.reduce((sum, index) => sum + indexSize(index), 0)
}

export function databaseSize(collections: readonly Collection[]): number {
  return collections.reduce(
    (sum, collection) => sum + storageSize(collection) + totalIndexSize(collection),
    0,
  )
}

/** An integer as int32 where it fits, else as int64, as servers answer sizes. */
export function integer(value: number): number | bigint {
  const whole = Math.trunc(value)
  return Math.abs(whole) < 2 ** 31 ? whole : BigInt(whole)
}
