import {
  type Binary,
  DateTime,
  type Doc,
  decodeDocument,
  ObjectId,
  type Writable,
} from '@gantry/bson'
import { AppError, isDatabaseError } from '../errors.js'
import type { Command, Deployment, Filter } from '../services/deployment.js'

/** The server's own database. Every collection of it has one `Table`, in the file of its domain. */
const STATE_DB = 'gantry'

/** How records of one kind are kept. `read` must understand every form that `write` ever made. */
export interface Table<Record> {
  readonly collection: string
  /** Fields of unique indexes, beside `_id`. */
  readonly unique?: readonly (readonly string[])[]
  write(record: Record): Command
  read(doc: Doc): Record
}

type Named = Pick<Table<unknown>, 'collection' | 'unique'>

/** Reading and writing the server's state, whichever deployment holds it. */
export interface State {
  /** Makes what the table needs; safe to repeat. */
  prepare(table: Named): Promise<void>
  list<R>(table: Table<R>, filter?: Filter): Promise<R[]>
  /** Inserts or replaces the record with this `_id`. */
  save<R>(table: Table<R>, record: R): Promise<void>
  /** Rejects with `conflict` when a field that is unique is taken. */
  insert<R>(table: Table<R>, record: R): Promise<void>
  /** Deletes the record with this `_id`; says whether there was one. */
  delete(table: Named, id: Writable): Promise<boolean>
  /** Applies update operators to the record with this `_id`; says whether there is one. */
  update(table: Named, id: Writable, update: Command): Promise<boolean>
  /** Rejects when the deployment does not answer. */
  health(): Promise<void>
  close(): Promise<void>
}

/** The state in a deployment, which `close` closes. */
export function stateIn(deployment: Deployment): State {
  return {
    async prepare({ collection, unique = [] }) {
      if (unique.length === 0) return
      const indexes = unique.map((fields) => ({
        key: Object.fromEntries(fields.map((field) => [field, 1])),
        name: fields.map((field) => `${field}_1`).join('_'),
        unique: true,
      }))
      await deployment.command(STATE_DB, { createIndexes: collection, indexes })
    },
    async list({ collection, read }, filter = {}) {
      const records: ReturnType<typeof read>[] = []
      for await (const batch of deployment.batches(STATE_DB, { find: collection, filter })) {
        for (const { buf, at } of batch) records.push(read(decodeDocument(buf, at)))
      }
      return records
    },
    async save({ collection, write }, record) {
      const fields = write(record)
      const options = { upsert: true }
      await deployment.update(STATE_DB, collection, { _id: fields._id }, fields, options)
    },
    async insert({ collection, write }, record) {
      try {
        await deployment.insert(STATE_DB, collection, write(record))
      } catch (error) {
        if (!isDatabaseError(error, 'DuplicateKey')) throw error
        throw new AppError('conflict', 'already exists', {}, { cause: error })
      }
    },
    async delete({ collection }, id) {
      return (await deployment.delete(STATE_DB, collection, { _id: id })) > 0
    },
    async update({ collection }, id, update) {
      return (await deployment.update(STATE_DB, collection, { _id: id }, update)) > 0
    },
    async health() {
      await deployment.command('admin', { ping: 1 })
    },
    close: () => deployment.close(),
  }
}

/** The text in a field; throws when something else is there, as the state is then damaged. */
export function textIn(doc: Doc, field: string): string {
  const value = doc.get(field)
  if (typeof value !== 'string') throw new TypeError(`state: ${field} is not a text`)
  return value
}

/** The whole number in a field, whichever of the integer types it has. */
export function numberIn(doc: Doc, field: string): number {
  const value = doc.get(field)
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new TypeError(`state: ${field} is not a whole number`)
  }
  return Number(value)
}

export function textsIn(doc: Doc, field: string): string[] {
  const value = doc.get(field)
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string')) {
    throw new TypeError(`state: ${field} is not a list of texts`)
  }
  return value as string[]
}

export function bytesIn(doc: Doc, field: string): Buffer {
  const value = doc.get(field) as Binary | undefined
  if (!Buffer.isBuffer(value?.bytes)) throw new TypeError(`state: ${field} is not binary`)
  return value.bytes
}

/** An ObjectId as 24 hexadecimal digits. */
export function idIn(doc: Doc, field: string): string {
  const value = doc.get(field)
  if (!(value instanceof ObjectId)) throw new TypeError(`state: ${field} is not an ObjectId`)
  return value.toHexString()
}

/** A date as milliseconds since 1970 UTC. */
export function timeIn(doc: Doc, field: string): number {
  const value = doc.get(field)
  if (!(value instanceof DateTime)) throw new TypeError(`state: ${field} is not a date`)
  return Number(value.ms)
}
