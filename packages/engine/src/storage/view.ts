import type { Entry, Key } from './entry.js'

/** `catalog`: what there is; `records`: documents; `indexes`: keys of documents; `oplog`: changes in order; `sessions`: retryable writes. */
export const treeNames = ['catalog', 'records', 'indexes', 'oplog', 'sessions'] as const
export type TreeName = (typeof treeNames)[number]

/** The keys from `low` on and below `high`, in order, or from the highest down when `reverse`. */
export interface Range {
  readonly low: Uint8Array
  /** `low` itself is left out. */
  readonly lowExclusive?: boolean
  readonly high: Uint8Array
  /** `high` itself is in. */
  readonly highInclusive?: boolean
  readonly reverse?: boolean
}

/** Reads of one state of the store. */
export interface View {
  /** The entry of a key, or undefined. Valid until the next read. */
  get(tree: TreeName, key: Key): Entry | undefined
  /** Visits entries in order until the visitor answers false. Entries are valid until the next read. */
  scan(tree: TreeName, range: Range, visit: (entry: Entry) => boolean): void
}

/** A view that also writes, open only while a write function runs. It sees its own writes. */
export interface Transaction extends View {
  put(tree: TreeName, key: Key, value: Uint8Array): void
  /** Removes a key; says whether it was there. */
  remove(tree: TreeName, key: Key): boolean
}

/** A state of the store that stays as it is until released. Holding one makes the file grow. */
export interface Snapshot extends View {
  release(): void
}
