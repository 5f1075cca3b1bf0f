import type { Doc, RawValue, Value, Writable } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { findHint } from '../plan/hint.js'
import { parseSort } from '../plan/sort-keys.js'
import { parseUpdate } from '../update/parse.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import { requireAction } from './authorize.js'
import { collationArg } from './collation.js'
import { type CommandContext, command } from './command.js'
import { expressionsFor } from './expressions.js'
import { hintArg } from './hint.js'
import { decodedId } from './identity.js'
import { checkNewCollectionName } from './namespace.js'
import { compilePipelineUpdate } from './pipeline-update.js'
import { readFilter } from './query-request.js'
import type { WriteRules } from './store-document.js'
import { UpdateRun } from './update-run.js'
import { ensureCollection, notView } from './writable-collection.js'
import { checkBatchSize, readStatements } from './write-batch.js'
import { runEachWrite, type StatementRun, writeError } from './write-steps.js'

const statementArgs = {
  q: arg.document,
  u: arg.any,
  c: optional(arg.document),
  multi: withDefault(arg.strictBool, false),
  upsert: withDefault(arg.strictBool, false),
  arrayFilters: optional(arg.documents),
  hint: hintArg,
  sort: optional(arg.document),
  collation: collationArg,
  upsertSupplied: optional(arg.bool),
}

/** Changes or replaces documents that match filters, or inserts where none matches and that is asked for. */
export const update = command({
  name: 'update',
  help: 'Changes or replaces documents',
  access: { action: 'update', on: 'collection' },
  inTransaction: true,
  takesWriteConcern: true,
  silentWhenUnacknowledged: true,
  retryable: true,
  args: {
    update: arg.collectionName,
    updates: arg.documents,
    ordered: withDefault(arg.strictBool, true),
    bypassDocumentValidation: withDefault(optional(arg.bool), false),
    let: optional(arg.document),
  },
  async run(context, { update: name, updates, ordered, let: variables, ...rules }) {
    checkNewCollectionName(context.db, name)
    checkBatchSize(updates.length)
    let upserts = false
    const field = 'update.updates'
    const statementAt = await readStatements(
      context,
      field,
      statementArgs,
      updates,
      (statement) => {
        upserts ||= statement.upsert
      },
    )
    if (upserts) requireAction(context, 'insert', { db: context.db, collection: name })
    await ensureCollection(context, name)
    const done = newTally()
    const { writeErrors } = done
    const open = (i: number) =>
      updateRun(context, name, statementAt(i), i, { variables, rules }, (error) =>
        writeErrors.push(writeError(i, error)),
      )
    await runEachWrite(context, updates.length, open, (i, { answer }) => {
      addAnswer(done, i, answer)
      return !ordered || writeErrors.length === 0
    })
    const { n, upserted, nModified } = done
    return {
      n,
      ...(upserted.length > 0 && { upserted }),
      nModified,
      ...(writeErrors.length > 0 && { writeErrors }),
    }
  },
})

type StatementArgs = ArgsOf<typeof statementArgs>

/** What the statements of a command have in common. */
interface SharedArgs {
  readonly variables: RawValue | undefined
  readonly rules: WriteRules
}

/** One document found and changed is what most statements answer; answers that are the same are kept once. */
const ONE_MODIFIED: Doc = new Map([
  ['n', 1],
  ['nModified', 1],
])

function answerOf({ result }: UpdateRun): Doc {
  if (result.modified === 1 && result.matched === 1) return ONE_MODIFIED
  const answer: Doc = new Map<string, Value>([
    ['n', result.matched],
    ['nModified', result.modified],
  ])
  if (result.upserted) answer.set('_id', decodedId(result.upserted))
  return answer
}

/** The statement at an index of its command. Its answer has `n`, `nModified`, and the `_id` of a document inserted. */
export function updateRun(
  context: CommandContext,
  name: string,
  statement: StatementArgs,
  index: number,
  shared: SharedArgs,
  failed: (error: unknown) => void,
): StatementRun {
  let run: UpdateRun | undefined
  let answered: Doc | undefined
  return {
    step(transaction, endMs) {
      answered = context.retry?.answer(index)
      if (answered) return true
      try {
        run ??= openUpdate(context, name, statement, shared)
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

function openUpdate(
  context: CommandContext,
  name: string,
  args: StatementArgs,
  shared: SharedArgs,
): UpdateRun {
  const { variables, rules } = shared
  const collection = context.catalog.find(context.db, name)
  if (collection) notView(collection)
  const update = parseUpdate(args.u, {
    arrayFilters: args.arrayFilters,
    pipeline: (stages) => compilePipelineUpdate(context, stages, variables, args.c),
    filter: { expression: expressionsFor(context, variables).test },
  })
  if (args.c && update.kind !== 'pipeline') {
    throw new CommandError(51198, 'Constant values may only be specified for pipeline updates')
  }
  if (args.multi && update.kind === 'replacement') {
    throw new CommandError(
      'FailedToParse',
      'multi update is not supported for replacement-style update',
    )
  }
  if (args.multi && context.retry) {
    throw new CommandError(
      'InvalidOptions',
      'Cannot use (or request) retryable writes with multi=true',
    )
  }
  if (args.multi && args.sort) {
    throw new CommandError('FailedToParse', 'Cannot specify sort with multi=true')
  }
  return new UpdateRun(context, name, {
    filter: readFilter(context, args.q, variables),
    hint: collection && findHint(collection, args.hint),
    sort: parseSort(args.sort),
    update,
    multi: args.multi,
    upsert: args.upsert,
    bypassDocumentValidation: rules.bypassDocumentValidation,
  })
}

/** What the statements of a command did, together. */
interface Tally {
  n: number
  nModified: number
  readonly upserted: Writable[]
  readonly writeErrors: Writable[]
}

function newTally(): Tally {
  return { n: 0, nModified: 0, upserted: [], writeErrors: [] }
}

function addAnswer(tally: Tally, index: number, answer: Doc | undefined): void {
  if (!answer) return
  tally.n += answer.get('n') as number
  tally.nModified += answer.get('nModified') as number
  const _id = answer.get('_id')
  if (_id === undefined) return
  tally.n++
  tally.upserted.push({ index, _id })
}
