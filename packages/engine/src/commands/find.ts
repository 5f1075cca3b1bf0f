import { type Collection, namespaceOf } from '../catalog/collection.js'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { startQuery } from '../plan/execution.js'
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
    refuseUnsupported(given)
    checkTailing(given)
    const { db, catalog, view } = context
    checkCollectionName(db, given.find)
    const namespace = `${db}.${given.find}`
    const collection = catalog.find(db, given.find)
    if (collection && isView(collection)) return findInView(context, collection, given)
    const request = readQuery(context, collection, given)
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
    const source = executionSource(collection, execution, memory)
    return firstBatch(context, namespace, source, { batchSize, single })
  },
})

/** A query of a view is an aggregation, with its limits. */
async function findInView(context: CommandContext, view: Collection, given: Given): Promise<Reply> {
  if (given.tailable) {
    throw new CommandError('InvalidPipelineOperator', "'tailable' is not supported on a view")
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

function refuseUnsupported(args: {
  returnKey: boolean
  showRecordId: boolean
  min?: unknown
  max?: unknown
}): void {
  for (const option of ['returnKey', 'showRecordId', 'min', 'max'] as const) {
    if (args[option]) {
      throw new CommandError('CommandNotSupported', `find with '${option}' is not supported`)
    }
  }
}
