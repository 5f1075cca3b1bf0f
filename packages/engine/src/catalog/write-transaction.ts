import type { Key } from '../storage/entry.js'
import type { Transaction } from '../storage/view.js'
import type { Collection } from './collection.js'
import type { Index } from './index-definition.js'

/** A transaction of the store, with somebody who is told what is done to documents in it. */
export interface WriteTransaction extends Transaction {
  readonly observer: WriteObserver
}

/**
 * Is told of each change of documents and collections: to keep counters, to find conflicts
 * with other transactions, to log changes. `grow` and `claim…` come before anything is written and may throw.
 */
export interface WriteObserver {
  /** The counters of a collection are about to change. */
  touch(collection: Collection): void
  /** The data of a collection are about to grow, which may be refused. */
  grow(collection: Collection): void
  /** A record is about to change. */
  claim(collection: Collection, recordId: number): void
  /** An entry of a unique index is about to be made. */
  claimKey(index: Index, key: Key): void
  inserted(collection: Collection, doc: Buffer): void
  /** `whole`: the new document was given as such, not made by changing the old one. */
  replaced(collection: Collection, old: Buffer, doc: Buffer, whole: boolean): void
  removed(collection: Collection, doc: Buffer): void
  created(collection: Collection): void
  dropped(collection: Collection): void
  renamed(from: Collection, to: Collection): void
  databaseDropped(db: string): void
}
