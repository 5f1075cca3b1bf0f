/**
 * A dump of a MongoDB, as mongodump and mongorestore know it, whichever its form.
 *
 * - Documents travel as chunks, whole documents one behind the other, and nobody looks
 *   into them on the way: writing and reading take the memory of a few chunks.
 * - What is to be dumped is a `DumpSource`, what has been dumped a `Dump`; the forms, a
 *   folder of files and an archive, stand between the two.
 */
import type { Doc } from '@gantry/bson'

/** A collection, view or time-series collection with everything but its documents. */
export interface CollectionDescription {
  readonly db: string
  readonly name: string
  readonly type: 'collection' | 'view' | 'timeseries'
  /** As `create` takes them. */
  readonly options: Doc
  /** As `listIndexes` shows them. */
  readonly indexes: readonly Doc[]
  /** Sixteen bytes; absent where there is none, as with views. */
  readonly uuid?: Buffer
}

/** Whole documents, one behind the other. */
export interface Chunk {
  readonly bytes: Buffer
  /** Number of documents. */
  readonly count: number
}

/** What is to be dumped. */
export interface DumpSource {
  /** The version of MongoDB that the data come from. */
  readonly serverVersion: string
  readonly collections: readonly CollectionDescription[]
  /** The documents of a collection; asked for once each, one after the other. */
  documents(collection: CollectionDescription): AsyncIterable<Chunk>
  /** Entries of the oplog from before the first document was read until after the last; asked for at the end. */
  oplog?(): AsyncIterable<Chunk>
}

/** A piece of what a dump holds; `collection` is undefined for entries of the oplog. */
export interface DumpPart {
  readonly collection: CollectionDescription | undefined
  /** Undefined: all documents of the collection have come. */
  readonly chunk: Chunk | undefined
}

/** What has been dumped. */
export interface Dump {
  readonly collections: readonly CollectionDescription[]
  readonly hasOplog: boolean
  /**
   * Everything there is, collections possibly mixed, the oplog at the end. Throws `DamagedDump` as soon
   * as something is not as it was written.
   */
  parts(): AsyncIterable<DumpPart>
}

/** A dump is not what was written, or was never one. */
export class DamagedDump extends Error {
  override readonly name = 'DamagedDump'
}

/** What the collection is called, and its database. */
export function namespaceOf({ db, name }: Pick<CollectionDescription, 'db' | 'name'>): string {
  return `${db}.${name}`
}
