import type {
  AbstractCursor,
  BulkWriteResult,
  ChangeStream,
  ClientSession,
  Collection,
  Db,
  MongoClient,
} from 'mongodb'
import { concernOptions, type Entities } from './entities.js'
import { LeftOut, type Spec } from './specification.js'

type Run<T> = (on: T, args: Spec, operation: Spec) => Promise<unknown> | unknown

/** What drives operations in operations: the callback of `withTransaction`. */
export type RunOperations = (operations: readonly Spec[]) => Promise<void>

/** Carries out an operation on an entity, and answers its result. */
export async function carryOut(
  entities: Entities,
  operation: Spec,
  runAll: RunOperations,
): Promise<unknown> {
  const { name, object } = operation
  const entity = entities.get(object)
  const args = argumentsOf(entities, operation.arguments)
  if (name === 'withTransaction') {
    const { callback, ...options } = args
    return (entity as ClientSession).withTransaction(() => runAll(callback), options)
  }
  const run = tables(entity).find((table) => Object.hasOwn(table, name))?.[name]
  if (!run) throw new LeftOut(`the driver has no operation ${name} there`)
  return run(entity, args, operation)
}

function argumentsOf(entities: Entities, given: Spec = {}): Spec {
  const { session, returnDocument, ...rest } = given
  return {
    ...concernOptions(rest),
    ...(session && { session: entities.get(session) }),
    ...(returnDocument && { returnDocument: returnDocument.toLowerCase() }),
  }
}

function tables(entity: Spec): Record<string, Run<Spec>>[] {
  if (typeof entity.insertOne === 'function') return [onCollections]
  if (typeof entity.createCollection === 'function') return [onDatabases]
  if (typeof entity.startSession === 'function') return [onClients]
  if (typeof entity.startTransaction === 'function') return [onSessions]
  return [onCursors]
}

const bulkResult = (result: BulkWriteResult) => ({
  insertedCount: result.insertedCount,
  matchedCount: result.matchedCount,
  modifiedCount: result.modifiedCount,
  deletedCount: result.deletedCount,
  upsertedCount: result.upsertedCount,
  insertedIds: result.insertedIds,
  upsertedIds: result.upsertedIds,
})

const onCollections: Record<string, Run<Collection>> = {
  aggregate: (on, { pipeline, ...options }) => on.aggregate(pipeline, options).toArray(),
  bulkWrite: async (on, { requests, ...options }) =>
    bulkResult(await on.bulkWrite(requests, options)),
  count: (on, { filter, ...options }) => on.count(filter, options),
  countDocuments: (on, { filter, ...options }) => on.countDocuments(filter, options),
  createChangeStream: (on, { pipeline, ...options }) => opened(on.watch(pipeline, options)),
  createFindCursor: (on, { filter, ...options }) => on.find(filter, options),
  createIndex: (on, { keys, ...options }) => on.createIndex(keys, options),
  createSearchIndex: (on, { model }) => on.createSearchIndex(model),
  createSearchIndexes: (on, { models }) => on.createSearchIndexes(models),
  deleteMany: (on, { filter, ...options }) => on.deleteMany(filter, options),
  deleteOne: (on, { filter, ...options }) => on.deleteOne(filter, options),
  distinct: (on, { fieldName, filter, ...options }) => on.distinct(fieldName, filter, options),
  dropIndex: (on, { name, ...options }) => on.dropIndex(name, options),
  dropIndexes: (on, options) => on.dropIndexes(options),
  dropSearchIndex: (on, { name }) => on.dropSearchIndex(name),
  estimatedDocumentCount: (on, options) => on.estimatedDocumentCount(options),
  find: (on, { filter, ...options }) => on.find(filter, options).toArray(),
  findOne: (on, { filter, ...options }) => on.findOne(filter, options),
  findOneAndDelete: (on, { filter, ...options }) => on.findOneAndDelete(filter, options),
  findOneAndReplace: (on, { filter, replacement, ...options }) =>
    on.findOneAndReplace(filter, replacement, options),
  findOneAndUpdate: (on, { filter, update, ...options }) =>
    on.findOneAndUpdate(filter, update, options),
  insertMany: (on, { documents, ...options }) => on.insertMany(documents, options),
  insertOne: (on, { document, ...options }) => on.insertOne(document, options),
  listIndexes: (on, options) => on.listIndexes(options).toArray(),
  listIndexNames: async (on, options) => {
    const indexes = await on.listIndexes(options).toArray()
    return indexes.map(({ name }) => name)
  },
  listSearchIndexes: (on, { name, aggregationOptions }) =>
    (name ? on.listSearchIndexes(name, aggregationOptions) : on.listSearchIndexes()).toArray(),
  rename: (on, { to, ...options }) => on.rename(to, options),
  replaceOne: (on, { filter, replacement, ...options }) =>
    on.replaceOne(filter, replacement, options),
  updateMany: (on, { filter, update, ...options }) => on.updateMany(filter, update, options),
  updateOne: (on, { filter, update, ...options }) => on.updateOne(filter, update, options),
  updateSearchIndex: (on, { name, definition }) => on.updateSearchIndex(name, definition),
}

const onDatabases: Record<string, Run<Db>> = {
  aggregate: (on, { pipeline, ...options }) => on.aggregate(pipeline, options).toArray(),
  createChangeStream: (on, { pipeline, ...options }) => opened(on.watch(pipeline, options)),
  createCollection: (on, { collection, ...options }) => on.createCollection(collection, options),
  createCommandCursor: (on, args) => commandCursor(on, args),
  dropCollection: (on, { collection, ...options }) => on.dropCollection(collection, options),
  listCollectionNames: async (on, { filter, ...options }) => {
    const found = await on.listCollections(filter, { ...options, nameOnly: true }).toArray()
    return found.map(({ name }) => name)
  },
  listCollectionObjects: () => {
    throw new LeftOut('the driver has no collection objects to list')
  },
  listCollections: (on, { filter, ...options }) => on.listCollections(filter, options).toArray(),
  modifyCollection: (on, { collection, ...options }) =>
    on.command({ collMod: collection, ...options }),
  runCommand: (on, { command, commandName: _, ...options }) => on.command(command, options),
  runCursorCommand: (on, args) => commandCursor(on, args).toArray(),
}

function commandCursor(on: Db, args: Spec): AbstractCursor {
  const { command, commandName: _, batchSize, maxTimeMS, comment, ...options } = args
  const cursor = on.runCursorCommand(command, options)
  if (batchSize !== undefined) cursor.setBatchSize(batchSize)
  if (maxTimeMS !== undefined) cursor.setMaxTimeMS(maxTimeMS)
  if (comment !== undefined) cursor.setComment(comment)
  return cursor
}

const onClients: Record<string, Run<MongoClient>> = {
  clientBulkWrite: async (on, { models, ...options }) =>
    clientBulkResult(await on.bulkWrite(models.map(clientModel), options)),
  close: (on) => on.close(),
  createChangeStream: (on, { pipeline, ...options }) => opened(on.watch(pipeline, options)),
  listDatabaseNames: async (on, options) => {
    const { databases } = await on
      .db('admin')
      .admin()
      .listDatabases({ ...options, nameOnly: true })
    return databases.map(({ name }) => name)
  },
  listDatabaseObjects: () => {
    throw new LeftOut('the driver has no database objects to list')
  },
  listDatabases: async (on, options) =>
    (await on.db('admin').admin().listDatabases(options)).databases,
}

/** The result of a client's bulk write, without what only this driver says. */
export function clientBulkResult(result: Spec): Spec {
  if (!result?.updateResults) return result
  const updateResults = [...result.updateResults].map(([index, { didUpsert: _, ...rest }]) => [
    index,
    rest,
  ])
  return { ...result, updateResults: Object.fromEntries(updateResults) }
}

function clientModel(model: Spec): Spec {
  const [[name, spec]] = Object.entries<Spec>(model)
  return { name, ...spec }
}

const onSessions: Record<string, Run<ClientSession>> = {
  abortTransaction: (on, options) => on.abortTransaction(options),
  commitTransaction: (on, options) => on.commitTransaction(options),
  endSession: (on) => on.endSession(),
  getSnapshotTime: (on) => (on as Spec).snapshotTime,
  startTransaction: (on, options) => on.startTransaction(options),
}

const onCursors: Record<string, Run<AbstractCursor | ChangeStream>> = {
  close: (on) => on.close(),
  iterateOnce: (on) => on.tryNext(),
  iterateUntilDocumentOrError: (on) => on.next(),
}

/** Change streams start at their first use in this driver; the test format has them start at once. */
async function opened(stream: ChangeStream): Promise<ChangeStream> {
  const { cursor } = stream as unknown as {
    cursor: { lazyEmitter?: unknown; cursorInit?(): Promise<void> }
  }
  await (cursor.cursorInit?.call(cursor) ?? Promise.resolve())
  return stream
}
