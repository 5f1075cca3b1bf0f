import type { Doc } from '@gantry/bson'
import type { Index } from './index-definition.js'

/** A collection as the catalog holds it in memory. Its counters are written with each commit that changes them. */
export interface Collection {
  /** Stands before the keys of its records. Never used again after a drop. */
  readonly id: number
  readonly uuid: Buffer
  readonly db: string
  readonly name: string
  /** What `create` was given, as `listCollections` shows it. */
  options: Doc
  /** The index on `_id` comes first. */
  indexes: Index[]
  /** Number of documents. */
  count: number
  /** Bytes of all documents. */
  dataSize: number
  /** The next record's id; ids only grow. 0 until the first insert after opening asks the records. */
  readonly recordIds: { next: number }
  /** Goes up with each change of a document, to notice whether anything happened in between. */
  changes: number
}

export function namespaceOf(collection: Collection): string {
  return `${collection.db}.${collection.name}`
}
