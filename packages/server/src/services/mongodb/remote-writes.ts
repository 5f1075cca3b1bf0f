import type { RawValue } from '@gantry/bson'
import type { Collection, Document, Sort } from 'mongodb'
import { AppError } from '../../errors.js'
import type { Command, Filter, InsertManyOptions, UpdateOptions } from '../deployment.js'
import { type Driver, EXACT_REPLIES, toDriver } from './remote-values.js'

/** The writes of a deployment by the driver's own methods, which it retries where MongoDB can tell a repeat. */
export function writesWith(driver: Driver) {
  const documentOf = (value: Filter) => toDriver(driver, value) as Document

  return {
    async insert(collection: Collection, document: RawValue | Command): Promise<void> {
      await collection.insertOne(documentOf(document))
    },
    async insertMany(
      collection: Collection,
      documents: readonly RawValue[],
      { skipExisting = false, bypassDocumentValidation }: InsertManyOptions = {},
    ): Promise<number> {
      const options = { ordered: !skipExisting, bypassDocumentValidation }
      try {
        const { insertedCount } = await collection.insertMany(documents.map(documentOf), options)
        return insertedCount
      } catch (error) {
        if (!skipExisting || !(error instanceof driver.MongoBulkWriteError)) throw error
        const errors = [error.writeErrors].flat()
        const other = errors.find(({ code }) => code !== DUPLICATE_KEY)
        if (other) throw new driver.MongoServerError({ code: other.code, errmsg: other.errmsg })
        return error.insertedCount
      }
    },
    async update(
      collection: Collection,
      filter: Filter,
      update: RawValue | Command,
      { upsert = false, multi = false }: UpdateOptions = {},
    ): Promise<number> {
      const selector = documentOf(filter)
      const change = toDriver(driver, update) as Change
      const operators = operatorsIn(change)
      if (!operators && multi) {
        throw new AppError('invalid', 'an update of several documents must consist of operators')
      }
      const { matchedCount, upsertedCount } = !operators
        ? await collection.replaceOne(selector, change as Document, { upsert })
        : multi
          ? await collection.updateMany(selector, operators, { upsert })
          : await collection.updateOne(selector, operators, { upsert })
      return matchedCount + upsertedCount
    },
    /** The reply of a `findAndModify` whose fields are all among `REPEATABLE`. */
    async findAndModify(collection: Collection, command: Command): Promise<Document> {
      const { query, sort, fields, update, upsert, new: isNew, remove } = command
      const selector = documentOf((query ?? {}) as Command)
      const options = {
        ...EXACT_REPLIES,
        includeResultMetadata: true as const,
        ...(sort !== undefined && { sort: toDriver(driver, sort) as Sort }),
        ...(fields !== undefined && { projection: documentOf(fields as Command) }),
      }
      if (remove) return collection.findOneAndDelete(selector, options)
      const change = toDriver(driver, update as Command) as Change
      const operators = operatorsIn(change)
      const returnDocument = isNew ? ('after' as const) : ('before' as const)
      const all = { ...options, upsert: upsert === true, returnDocument }
      return operators
        ? collection.findOneAndUpdate(selector, operators, all)
        : collection.findOneAndReplace(selector, change as Document, all)
    },
    async delete(collection: Collection, filter: Filter): Promise<number> {
      const selector = documentOf(filter)
      // The deletion of one document is repeated after a lost answer, that of several is not.
      const { deletedCount } = isById(selector)
        ? await collection.deleteOne(selector)
        : await collection.deleteMany(selector)
      return deletedCount
    },
  }
}

const DUPLICATE_KEY = 11000

type Change = ReadonlyMap<string, unknown> | readonly ReadonlyMap<string, unknown>[]

/** In plain objects, as the driver looks at the names of operators; undefined for a replacement. */
function operatorsIn(change: Change): Document | Document[] | undefined {
  if (Array.isArray(change)) return change.map((stage) => Object.fromEntries(stage))
  const fields = change as ReadonlyMap<string, unknown>
  const [first] = fields.keys()
  return first?.startsWith('$') ? Object.fromEntries(fields) : undefined
}

const REPEATABLE = new Set('findAndModify query sort fields update upsert new remove'.split(' '))

/** The collection of a `findAndModify` that the driver can send in its own way, and so repeat. */
export function repeatableIn(command: Command): string | undefined {
  const { findAndModify: name } = command
  const isKnown = Object.keys(command).every((field) => REPEATABLE.has(field))
  return typeof name === 'string' && isKnown ? name : undefined
}

/** Whether a filter names one document. */
function isById(filter: Document): boolean {
  if (!(filter instanceof Map) || filter.size !== 1 || !filter.has('_id')) return false
  const id = filter.get('_id')
  return !(id instanceof Map || Array.isArray(id) || id?._bsontype === 'BSONRegExp')
}
