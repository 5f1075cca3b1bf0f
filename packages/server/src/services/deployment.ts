/**
 * How everything above reaches a MongoDB, whichever it is.
 *
 * - Documents go in and come out as raw BSON; nothing on the way decodes what it does
 *   not look at. What comes out stays valid for as long as the caller holds it.
 * - A refusal by the database is an `AppError` of the kind `database` that carries
 *   MongoDB's code and code name.
 * - Writes have methods of their own because on a cluster they are retried, which a
 *   plain command is not. Each is one write, acknowledged when it is durable.
 * - Whoever opened a deployment closes it.
 */
import type { RawValue, Writable } from '@gantry/bson'

/** Fields of a command in order; the first names the command. Raw documents go in as `RawValue`. */
export type Command = { readonly [field: string]: Writable | undefined }

/** Selects documents; raw BSON that has been checked, or plain fields. */
export type Filter = RawValue | Command

export interface UpdateOptions {
  /** Inserts when nothing matches. */
  readonly upsert?: boolean
  /** Changes all that match rather than the first. */
  readonly multi?: boolean
}

export interface InsertManyOptions {
  /** Leaves out documents whose `_id`, or another unique key, is there already. */
  readonly skipExisting?: boolean
  /** Does not ask whether they are as the collection's validator wants them. */
  readonly bypassDocumentValidation?: boolean
}

export interface Deployment {
  /** Runs a command that is not a write of documents; resolves with its whole reply, one BSON document. */
  command(db: string, command: Command): Promise<Buffer>
  /**
   * Runs a command that answers with a cursor, and hands over its batches as they are asked
   * for. Leaving the loop early closes the cursor. A collection that does not exist is empty.
   */
  batches(db: string, command: Command): AsyncIterable<readonly RawValue[]>
  /** Inserts one document, which has an `_id`; a duplicate is refused with `DuplicateKey`. */
  insert(db: string, collection: string, document: RawValue | Command): Promise<void>
  /**
   * Inserts many documents in their order, at most 100 000 and 16 MiB at once; resolves with how
   * many are new. One that is refused rejects, unless it is for being there already and
   * `skipExisting` is given.
   */
  insertMany(
    db: string,
    collection: string,
    documents: readonly RawValue[],
    options?: InsertManyOptions,
  ): Promise<number>
  /** Replaces a document, or applies operators, as `update` says; resolves with how many matched. */
  update(
    db: string,
    collection: string,
    filter: Filter,
    update: RawValue | Command,
    options?: UpdateOptions,
  ): Promise<number>
  /** Deletes all that match, and resolves with their number. */
  delete(db: string, collection: string, filter: Filter): Promise<number>
  close(): Promise<void>
}
