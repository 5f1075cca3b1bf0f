import {
  type Binary,
  DateTime,
  type Doc,
  Double,
  decodeDocument,
  ObjectId,
  type Writable,
} from '@gantry/bson'
import { AppError, isDatabaseError } from '../errors.js'
import type { Command, Deployment, Filter } from '../services/deployment.js'

/** The server's own database, unless a shared one has another name. Every collection of it has one `Table`, in the file of its domain. */
export const STATE_DB = 'gantry'

/** How records of one kind are kept. `read` must understand every form that `write` ever made. */
export interface Table<Record> {
  readonly collection: string
  /** Fields of unique indexes, beside `_id`. */
  readonly unique?: readonly (readonly string[])[]
  /** Fields of unique indexes in which records that have none of the fields do not count. */
  readonly uniqueIfThere?: readonly (readonly string[])[]
  /** Fields of further indexes. */
  readonly indexes?: readonly (readonly string[])[]
  write(record: Record): Command
  read(doc: Doc): Record
}

type Named = Pick<Table<unknown>, 'collection' | 'unique' | 'uniqueIfThere' | 'indexes'>

/** Which records, and in which order. */
export interface Selection {
  readonly sort?: { readonly [field: string]: 1 | -1 }
  /** How many of the first to leave out. */
  readonly skip?: number
  /** 0: all. */
  readonly limit?: number
}

/** Reading and writing the server's state, whichever deployment holds it. */
export interface State {
  /** Makes what the table needs; safe to repeat. */
  prepare(table: Named): Promise<void>
  list<R>(table: Table<R>, filter?: Filter, selection?: Selection): Promise<R[]>
  /** How many records match. */
  count(table: Named, filter: Filter): Promise<number>
  /** The first of them; undefined when there is none. */
  find<R>(table: Table<R>, filter: Filter, selection?: Selection): Promise<R | undefined>
  /** Inserts or replaces the record with this `_id`. */
  save<R>(table: Table<R>, record: R): Promise<void>
  /** Rejects with `conflict` when a field that is unique is taken. */
  insert<R>(table: Table<R>, record: R): Promise<void>
  /** Deletes the record with this `_id`; says whether there was one. */
  delete(table: Named, id: Writable): Promise<boolean>
  /** Applies update operators to the record with this `_id`; says whether there is one. */
  update(table: Named, id: Writable, update: Command): Promise<boolean>
  /**
   * Applies update operators to one record that matches, in one step: of several servers that
   * do so at once with a filter that no longer matches afterwards, one is told true.
   */
  updateIf(table: Named, filter: Filter, update: Command): Promise<boolean>
  /** Deletes all that match, and resolves with their number. */
  deleteAll(table: Named, filter: Filter): Promise<number>
  /**
   * Applies update operators to one record that matches, in one step, and resolves with the
   * record as it is then; `upsert` makes it when there is none. Undefined: none matched.
   */
  findAndModify<R>(
    table: Table<R>,
    filter: Filter,
    update: Command,
    options?: { readonly upsert?: boolean },
  ): Promise<R | undefined>
  /** Rejects when the deployment does not answer. */
  health(): Promise<void>
  close(): Promise<void>
}

/** The state in a deployment, which `close` closes. */
export function stateIn(deployment: Deployment, db = STATE_DB): State {
  async function list<R>(
    { collection, read }: Table<R>,
    filter: Filter = {},
    selection: Selection = {},
  ): Promise<R[]> {
    const records: R[] = []
    const find = { find: collection, filter, ...selection }
    for await (const batch of deployment.batches(db, find)) {
      for (const { buf, at } of batch) records.push(read(decodeDocument(buf, at)))
    }
    return records
  }

  return {
    async prepare({ collection, unique = [], uniqueIfThere = [], indexes = [] }) {
      const wanted = [
        ...unique.map((fields) => ({ ...indexOver(fields), unique: true })),
        ...uniqueIfThere.map((fields) => ({ ...indexOver(fields), unique: true, sparse: true })),
        ...indexes.map(indexOver),
      ]
      if (wanted.length === 0) return
      await deployment.command(db, { createIndexes: collection, indexes: wanted })
    },
    list,
    async find(table, filter, selection) {
      const [first] = await list(table, filter, { ...selection, limit: 1 })
      return first
    },
    async count({ collection }, query) {
      const reply = await deployment.command(db, { count: collection, query })
      return Number(decodeDocument(reply).get('n'))
    },
    async save({ collection, write }, record) {
      const fields = write(record)
      const options = { upsert: true }
      await deployment.update(db, collection, { _id: fields._id }, fields, options)
    },
    insert: ({ collection, write }, record) =>
      orConflict(deployment.insert(db, collection, write(record))),
    async delete({ collection }, id) {
      return (await deployment.delete(db, collection, { _id: id })) > 0
    },
    async update({ collection }, id, update) {
      return (await orConflict(deployment.update(db, collection, { _id: id }, update))) > 0
    },
    async updateIf({ collection }, filter, update) {
      return (await orConflict(deployment.update(db, collection, filter, update))) > 0
    },
    deleteAll: ({ collection }, filter) => deployment.delete(db, collection, filter),
    async findAndModify({ collection, read }, query, update, { upsert = false } = {}) {
      const command = { findAndModify: collection, query, update, new: true, upsert }
      const reply = decodeDocument(await orConflict(deployment.command(db, command)))
      const value = reply.get('value')
      return value ? read(value as Doc) : undefined
    },
    async health() {
      await deployment.command('admin', { ping: 1 })
    },
    close: () => deployment.close(),
  }
}

function indexOver(fields: readonly string[]) {
  return {
    key: Object.fromEntries(fields.map((field) => [field, 1])),
    name: fields.map((field) => `${field}_1`).join('_'),
  }
}

/** A field that is unique and taken, as the caller's conflict. */
async function orConflict<T>(write: Promise<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    if (!isDatabaseError(error, 'DuplicateKey')) throw error
    throw new AppError('conflict', 'already exists', {}, { cause: error })
  }
}

/** The text in a field; throws when something else is there, as the state is then damaged. */
export function textIn(doc: Doc, field: string): string {
  const value = doc.get(field)
  if (typeof value !== 'string') throw new TypeError(`state: ${field} is not a text`)
  return value
}

/** The text in a field that may be missing. */
export function optionalTextIn(doc: Doc, field: string): string | undefined {
  return doc.has(field) ? textIn(doc, field) : undefined
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

/** An id in a field that may be missing. */
export function optionalIdIn(doc: Doc, field: string): string | undefined {
  return doc.has(field) ? idIn(doc, field) : undefined
}

export function truthIn(doc: Doc, field: string): boolean {
  const value = doc.get(field)
  if (typeof value !== 'boolean') throw new TypeError(`state: ${field} is neither true nor false`)
  return value
}

/** A flat object of simple values, as it is kept in a field of its own. */
export interface PlainFields {
  readonly [name: string]: string | number | boolean
}

export function plainFieldsOf(fields: PlainFields): { [name: string]: Writable } {
  const stored = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'number' ? new Double(value) : value,
  ])
  return Object.fromEntries(stored)
}

/** What `plainFieldsOf` made. */
export function plainFieldsIn(doc: Doc, field: string): PlainFields {
  const value = doc.get(field)
  if (!(value instanceof Map)) throw new TypeError(`state: ${field} is not a document`)
  const entries = [...(value as Doc)].map(([name, value]) => [
    name,
    value instanceof Double ? value.value : value,
  ])
  return Object.fromEntries(entries) as PlainFields
}

/** A date in a field that may be missing. */
export function optionalTimeIn(doc: Doc, field: string): number | undefined {
  return doc.has(field) ? timeIn(doc, field) : undefined
}

/** A date as milliseconds since 1970 UTC. */
export function timeIn(doc: Doc, field: string): number {
  const value = doc.get(field)
  if (!(value instanceof DateTime)) throw new TypeError(`state: ${field} is not a date`)
  return Number(value.ms)
}
