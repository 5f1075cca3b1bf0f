import { BsonType, type Doc, decodeDocument, encodeDocument } from '@gantry/bson'
import { type Collection, namespaceOf } from '../catalog/collection.js'
import type { Index } from '../catalog/index-definition.js'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { type Execution, type QueryRequest, startQuery } from '../plan/execution.js'
import { indexKeyDocument } from '../plan/key-range.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import { cursorReply, DEFAULT_FIRST_BATCH, executionSource, firstBatch } from './batch.js'
import { collationArg } from './collation.js'
import { type CommandContext, command } from './command.js'
import { hintArg } from './hint.js'
import { checkCollectionName } from './namespace.js'
import { readQuery } from './query-request.js'
import { checkTailable, tailableSource } from './tailable.js'
import { isView } from './view-definition.js'
import { viewSource } from './view-query.js'
import { queryMemory } from './working-memory.js'

const args = {
  find: arg.collectionName,
  filter: { ...optional(arg.document), takesNull: true },
  sort: optional(arg.document),
  projection: optional(arg.document),
  hint: hintArg,
  skip: withDefault(arg.count, 0),
  limit: withDefault(arg.count, 0),
  batchSize: optional(arg.count),
  singleBatch: withDefault(arg.bool, false),
  let: optional(arg.document),
  allowDiskUse: optional(arg.bool),
  noCursorTimeout: optional(arg.bool),
  allowPartialResults: optional(arg.bool),
  oplogReplay: optional(arg.bool),
  collation: collationArg,
  tailable: withDefault(arg.bool, false),
  awaitData: withDefault(arg.bool, false),
  returnKey: withDefault(arg.bool, false),
  showRecordId: withDefault(arg.bool, false),
  min: optional(arg.document),
  max: optional(arg.document),
}

type Given = ArgsOf<typeof args>

/** Documents that match a filter, in batches. */
export const find = command({
  name: 'find',
  help: 'Documents that match a filter',
  access: { action: 'find', on: 'collection' },
  inTransaction: true,
  takesReadConcern: true,
  takesSnapshot: true,
  args,
  async run(context, given) {
    checkTailing(given)
    checkKeys(given)
    const { db, catalog, view } = context
    checkCollectionName(db, given.find)
    const namespace = `${db}.${given.find}`
    const collection = catalog.find(db, given.find)
    if (collection && isView(collection)) return findInView(context, collection, given)
    const request = queryOf(context, collection, given)
    const atClusterTime = context.past?.time
    if (!collection) return cursorReply('firstBatch', { docs: [], atClusterTime }, 0n, namespace)
    if (given.tailable) {
      checkTailable(collection, request)
      // There is nothing to wait for in a collection that has never had a document.
      if (collection.count === 0) return cursorReply('firstBatch', { docs: [] }, 0n, namespace)
      const tail = tailableSource(collection, request, given.awaitData)
      return firstBatch(context, namespace, tail, { batchSize: given.batchSize })
    }
    const memory =
      request.sort &&
      queryMemory(context, given.allowDiskUse, `Executor error during find command: ${namespace}`)
    const execution = startQuery(view, collection, request, memory)
    const single = given.singleBatch || given.limit === 1
    const batchSize = given.batchSize ?? (single ? Number.POSITIVE_INFINITY : DEFAULT_FIRST_BATCH)
    const finish = finishing(given, execution, collection)
    const source = executionSource(collection, execution, memory, finish)
    return firstBatch(context, namespace, source, { batchSize, single })
  },
})

/** A query of a view is an aggregation, with its limits. */
async function findInView(context: CommandContext, view: Collection, given: Given): Promise<Reply> {
  if (given.tailable) {
    throw new CommandError('InvalidPipelineOperator', "'tailable' is not supported on a view")
  }
  for (const option of ['returnKey', 'showRecordId', 'min', 'max'] as const) {
    if (!given[option]) continue
    throw new CommandError('InvalidPipelineOperator', `'${option}' is not supported on a view`)
  }
  const single = given.singleBatch || given.limit === 1
  const batchSize = given.batchSize ?? (single ? Number.POSITIVE_INFINITY : DEFAULT_FIRST_BATCH)
  const source = viewSource(context, view, given)
  return firstBatch(context, namespaceOf(view), source, { batchSize, single })
}

function checkTailing(args: { tailable: boolean; awaitData: boolean; singleBatch: boolean }): void {
  if (args.awaitData && !args.tailable) {
    throw new CommandError(
      'FailedToParse',
      "Cannot set 'awaitData' without also setting 'tailable'",
    )
  }
  if (args.tailable && args.singleBatch) {
    throw new CommandError('BadValue', "cannot use tailable option with the 'singleBatch' option")
  }
}

/** Bounds of keys are those of an index, so it must be named. */
function checkKeys({ min, max, hint }: Given): void {
  if (!min && !max) return
  const named = hint && (hint.type === BsonType.string || hint.size > EMPTY_DOCUMENT)
  if (named) return
  throw new CommandError(
    51173,
    'When using min()/max() a hint of which index to use must be provided',
  )
}

const EMPTY_DOCUMENT = 5

function queryOf(
  context: CommandContext,
  collection: Collection | undefined,
  given: Given,
): QueryRequest {
  const { min, max, returnKey } = given
  // What is returned of an index is made from the whole document.
  const read = readQuery(context, collection, given)
  const request = returnKey ? { ...read, project: undefined } : read
  if (!min && !max) return request
  if (request.hint?.kind === 'natural') {
    throw new CommandError('BadValue', "min and max are incompatible with a hint of '$natural'")
  }
  return { ...request, keys: { min, max } }
}

/** What is made of each document found: its key in the index used, or itself with its record's id. */
function finishing(
  { returnKey, showRecordId }: Given,
  { plan: { access } }: Execution,
  { indexes }: Collection,
): ((doc: Buffer, recordId: number) => Buffer) | undefined {
  if (!returnKey && !showRecordId) return undefined
  const index =
    access.kind === 'index' ? access.index : access.kind === 'id' ? indexes[0] : undefined
  if (returnKey && index && index.multikey !== 0) {
    throw new CommandError(
      'CommandNotSupported',
      `returnKey is not supported with the index '${index.name}', which has keys of array elements`,
    )
  }
  return (doc, recordId) => {
    const shown = returnKey ? keyOf(index, doc) : decodeDocument(doc)
    if (showRecordId) shown.set('$recordId', BigInt(recordId))
    return encodeDocument(shown)
  }
}

function keyOf(index: Index | undefined, doc: Buffer): Doc {
  return index ? indexKeyDocument(index, decodeDocument(doc)) : new Map()
}
