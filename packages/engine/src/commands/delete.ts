import type { Doc, RawValue, Writable } from '@gantry/bson'
import { removeRecord } from '../catalog/records.js'
import { CommandError } from '../errors.js'
import { findHint } from '../plan/hint.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import { collationArg } from './collation.js'
import { type CommandContext, command } from './command.js'
import { hintArg } from './hint.js'
import { MatchingRun } from './matching-run.js'
import { checkCollectionName } from './namespace.js'
import { readFilter } from './query-request.js'
import { notView } from './writable-collection.js'
import { checkBatchSize, readStatements } from './write-batch.js'
import { runEachWrite, type StatementRun, writeError } from './write-steps.js'

const statementArgs = {
  q: arg.document,
  limit: arg.number,
  hint: hintArg,
  collation: collationArg,
}

/** Removes documents that match filters: one or all of each. */
export const deleteCommand = command({
  name: 'delete',
  help: 'Removes documents',
  access: { action: 'remove', on: 'collection' },
  inTransaction: true,
  takesWriteConcern: true,
  silentWhenUnacknowledged: true,
  retryable: true,
  args: {
    delete: arg.collectionName,
    deletes: arg.documents,
    ordered: withDefault(arg.strictBool, true),
    let: optional(arg.document),
  },
  async run(context, { delete: name, deletes, ordered, let: variables }) {
    checkCollectionName(context.db, name)
    checkBatchSize(deletes.length)
    const writeErrors: Writable[] = []
    const field = 'delete.deletes'
    const statementAt = await readStatements(context, field, statementArgs, deletes, checkLimit)
    const open = (i: number) =>
      deleteRun(context, name, statementAt(i), i, variables, (error) =>
        writeErrors.push(writeError(i, error)),
      )
    let n = 0
    await runEachWrite(context, deletes.length, open, (_, { answer }) => {
      n += Number(answer?.get('n') ?? 0)
      return !ordered || writeErrors.length === 0
    })
    return { n, ...(writeErrors.length > 0 && { writeErrors }) }
  },
})

type StatementArgs = ArgsOf<typeof statementArgs>

function checkLimit({ limit }: StatementArgs): void {
  if (limit === 0 || limit === 1) return
  throw new CommandError(
    'FailedToParse',
    `The limit field in delete objects must be 0 or 1. Got ${limit}`,
  )
}

/** The statement at an index of its command. */
export function deleteRun(
  context: CommandContext,
  name: string,
  statement: StatementArgs,
  index: number,
  variables: RawValue | undefined,
  failed: (error: unknown) => void,
): StatementRun {
  let run: MatchingRun | undefined
  let answered: Doc | undefined
  return {
    step(transaction, endMs) {
      answered = context.retry?.answer(index)
      if (answered) return true
      try {
        run ??= openDelete(context, name, statement, variables)
        if (!run.step(transaction, endMs)) return false
        answered = answerOf(run)
        context.retry?.record(index, answered)
      } catch (error) {
        failed(error)
      }
      // A command may have very many statements: what this one took is not kept.
      run = undefined
      return true
    },
    get answer() {
      return answered
    },
  }
}

function answerOf({ actedOn }: MatchingRun): Doc {
  return new Map([['n', actedOn]])
}

function openDelete(
  context: CommandContext,
  name: string,
  args: StatementArgs,
  variables: RawValue | undefined,
): MatchingRun {
  if (args.limit === 0 && context.retry) {
    throw new CommandError(
      'InvalidOptions',
      'Cannot use (or request) retryable writes with limit=0',
    )
  }
  const collection = context.catalog.find(context.db, name)
  if (collection) notView(collection)
  const request = {
    filter: readFilter(context, args.q, variables),
    hint: collection && findHint(collection, args.hint),
    limit: args.limit,
  }
  return new MatchingRun(context, name, request, (transaction, target, recordId, doc) => {
    removeRecord(transaction, target, recordId, doc)
    return args.limit === 0
  })
}
