import { CommandError } from '../errors.js'
import { startQuery } from '../plan/execution.js'
import { arg, optional, withDefault } from './args.js'
import { cursorReply, DEFAULT_FIRST_BATCH, executionSource, firstBatch } from './batch.js'
import { collationArg } from './collation.js'
import { command } from './command.js'
import { readQuery } from './query-request.js'
import { checkTailable, tailableSource } from './tailable.js'

/** Documents that match a filter, in batches. */
export const find = command({
  name: 'find',
  help: 'Documents that match a filter',
  access: { action: 'find', on: 'collection' },
  inTransaction: true,
  args: {
    find: arg.collectionName,
    filter: optional(arg.document),
    sort: optional(arg.document),
    projection: optional(arg.document),
    hint: optional(arg.any),
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
  },
  async run(context, args) {
    refuseUnsupported(args)
    checkTailing(args)
    const { db, catalog, view } = context
    const namespace = `${db}.${args.find}`
    const collection = catalog.find(db, args.find)
    const request = readQuery(context, collection, args)
    if (!collection) return cursorReply('firstBatch', { docs: [] }, 0n, namespace)
    if (args.tailable) {
      checkTailable(collection, request)
      // There is nothing to wait for in a collection that has never had a document.
      if (collection.count === 0) return cursorReply('firstBatch', { docs: [] }, 0n, namespace)
      const tail = tailableSource(collection, request, args.awaitData)
      return firstBatch(context, namespace, tail, { batchSize: args.batchSize })
    }
    const execution = startQuery(view, collection, request)
    const single = args.singleBatch || args.limit === 1
    const batchSize = args.batchSize ?? (single ? Number.POSITIVE_INFINITY : DEFAULT_FIRST_BATCH)
    const source = executionSource(collection, execution)
    return firstBatch(context, namespace, source, { batchSize, single })
  },
})

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
