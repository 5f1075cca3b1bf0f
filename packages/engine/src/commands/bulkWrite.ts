import { type Doc, Double, encodeDocument, type Writable } from '@gantry/bson'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { arg, optional, withDefault } from './args.js'
import { firstBatch } from './batch.js'
import { insertRun } from './bulk-insert.js'
import {
  type BulkNamespace,
  checkNamespaceUuid,
  namespaceOf,
  readBulkNamespaces,
} from './bulk-namespaces.js'
import { type BulkOperation, readBulkOperation } from './bulk-operations.js'
import { type CommandContext, command } from './command.js'
import { deleteRun } from './delete.js'
import { cursorOptions, listSource } from './list-source.js'
import { updateRun } from './update.js'
import { ensureCollection } from './writable-collection.js'
import { checkBatchSize } from './write-batch.js'
import { runWrites, type WriteRun } from './write-steps.js'

/** Writes of all kinds, to several collections; their results come by a cursor. */
export const bulkWrite = command({
  name: 'bulkWrite',
  help: 'Writes of all kinds, to several collections',
  access: 'authenticated',
  adminOnly: true,
  inTransaction: true,
  retryable: true,
  takesWriteConcern: true,
  args: {
    bulkWrite: arg.any,
    ops: arg.documents,
    nsInfo: arg.documents,
    ordered: withDefault(arg.strictBool, true),
    bypassDocumentValidation: withDefault(arg.bool, false),
    let: optional(arg.document),
    errorsOnly: withDefault(arg.strictBool, false),
    cursor: optional(arg.document),
  },
  async run(context, { ops, nsInfo, ordered, errorsOnly, let: variables, ...rest }) {
    checkBatchSize(ops.length)
    const { batchSize = Number.POSITIVE_INFINITY } = cursorOptions(rest.cursor)
    const namespaces = readBulkNamespaces(context, nsInfo)
    const operations = ops.map(readBulkOperation)
    const targets = operations.map((operation, i) => namespaceOf(namespaces, operation, i))
    for (const operation of operations) refuseManyWhenRetryable(context, operation)
    await ensureCollections(operations, targets)
    const shared = { variables, rules: rest }
    const runs = operations.map((operation, i) => bulkRun(targets[i], operation, i, shared))
    await runWrites(context, runs, (i) => !ordered || runs[i].error === undefined)
    const shown = errorsOnly ? runs.filter(({ error }) => error) : runs
    const source = listSource(shown.map((run) => resultOf(run)).filter((doc) => doc !== undefined))
    const reply = await firstBatch(context, 'admin.$cmd.bulkWrite', source, { batchSize })
    return { ...reply, ...totals(runs) }
  },
})

type Shared = Parameters<typeof updateRun>[4]

/** An operation under way: when it has run, it has an answer or an error. */
interface BulkRun extends WriteRun {
  readonly kind: BulkOperation['kind']
  readonly index: number
  readonly answer: Doc | undefined
  readonly error: CommandError | undefined
}

function refuseManyWhenRetryable({ retry }: CommandContext, { kind, args }: BulkOperation): void {
  if (retry && kind !== 'insert' && args.multi) {
    throw new CommandError(
      'InvalidOptions',
      'Cannot use (or request) retryable writes with multi=true',
    )
  }
}

/** Collections are made outside of transactions, before what writes to them. */
async function ensureCollections(
  operations: readonly BulkOperation[],
  targets: readonly BulkNamespace[],
): Promise<void> {
  for (const [i, { context, collection }] of targets.entries()) {
    const { kind, args } = operations[i]
    if (kind === 'insert' || (kind === 'update' && args.upsert)) {
      await ensureCollection(context, collection)
    }
  }
}

function bulkRun(
  namespace: BulkNamespace,
  operation: BulkOperation,
  index: number,
  shared: Shared,
): BulkRun {
  let error: CommandError | undefined
  const failed = (reason: unknown) => {
    // A conflict is no answer to one operation: the whole command waits, or its transaction fails.
    if (!(reason instanceof CommandError) || reason.codeName === 'WriteConflict') throw reason
    error = reason
  }
  const run = openRun(namespace, operation, index, shared, failed)
  return {
    kind: operation.kind,
    index,
    step(transaction, endMs) {
      try {
        checkNamespaceUuid(namespace)
      } catch (reason) {
        failed(reason)
        return true
      }
      return run.step(transaction, endMs)
    },
    get answer() {
      return run.answer
    },
    get error() {
      return error
    },
  }
}

function openRun(
  { context, collection }: BulkNamespace,
  operation: BulkOperation,
  index: number,
  shared: Shared,
  failed: (error: unknown) => void,
) {
  if (operation.kind === 'insert') {
    return insertRun(context, collection, operation.args.document, index, shared.rules, failed)
  }
  const { filter: q, ...rest } = operation.args
  if (operation.kind === 'delete') {
    const args = { ...rest, q, limit: operation.args.multi ? 0 : 1 }
    return deleteRun(context, collection, args, index, shared.variables, failed)
  }
  const { updateMods: u, constants: c } = operation.args
  return updateRun(context, collection, { ...operation.args, q, u, c }, index, shared, failed)
}

const SUCCEEDED = new Double(1)
const FAILED = new Double(0)

/** What a reply says of one operation; nothing of one that was not reached. */
function resultOf({ kind, index: idx, answer, error }: BulkRun): Buffer | undefined {
  if (error) {
    const { code, message: errmsg, details } = error
    const shown = details as Record<string, Writable>
    const nothing = { n: 0, ...(kind === 'update' && { nModified: 0 }) }
    return encodeDocument({ ok: FAILED, idx, code, ...shown, errmsg, ...nothing })
  }
  if (!answer) return undefined
  const _id = answer.get('_id')
  const n = (answer.get('n') as number) + (_id === undefined ? 0 : 1)
  const modified = kind === 'update' && { nModified: answer.get('nModified') as number }
  const upserted = _id !== undefined && { upserted: { _id } }
  return encodeDocument({ ok: SUCCEEDED, idx, n, ...modified, ...upserted })
}

function totals(runs: readonly BulkRun[]): Reply {
  const all = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 }
  for (const { kind, answer, error } of runs) {
    if (error) all.nErrors++
    if (error || !answer) continue
    const n = answer.get('n') as number
    if (kind === 'insert') all.nInserted += n
    else if (kind === 'delete') all.nDeleted += n
    else {
      all.nMatched += n
      all.nModified += answer.get('nModified') as number
      if (answer.has('_id')) all.nUpserted++
    }
  }
  return all
}
