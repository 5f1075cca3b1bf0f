import { decodeDocument, encodeDocument, RawValue } from '@gantry/bson'
import { removeRecord } from '../catalog/records.js'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { findHint } from '../plan/hint.js'
import { parseSort } from '../plan/sort-keys.js'
import { compileProjection } from '../project/projection.js'
import { BlockedByTransaction } from '../transactions/conflicts.js'
import { parseUpdate } from '../update/parse.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import { requireAction } from './authorize.js'
import { collationArg } from './collation.js'
import { type CommandContext, command } from './command.js'
import { expressionsFor } from './expressions.js'
import { hintArg } from './hint.js'
import { idOf } from './identity.js'
import { MatchingRun } from './matching-run.js'
import { checkNewCollectionName } from './namespace.js'
import { compilePipelineUpdate } from './pipeline-update.js'
import { readFilter } from './query-request.js'
import { UpdateRun } from './update-run.js'
import { ensureCollection, notView } from './writable-collection.js'
import { runWrites, type WriteRun } from './write-steps.js'

const args = {
  findAndModify: arg.collectionName,
  query: optional(arg.document),
  sort: optional(arg.document),
  remove: withDefault(arg.bool, false),
  update: optional(arg.any),
  new: withDefault(arg.bool, false),
  upsert: withDefault(arg.bool, false),
  fields: optional(arg.document),
  arrayFilters: optional(arg.documents),
  hint: hintArg,
  let: optional(arg.document),
  collation: collationArg,
  bypassDocumentValidation: withDefault(optional(arg.bool), false),
}

/** Changes, replaces or removes one document and answers it, as it was or as it is. */
export const findAndModify = command({
  name: 'findAndModify',
  aliases: ['findandmodify'],
  help: 'Changes or removes one document and answers it',
  access: 'authenticated',
  inTransaction: true,
  retryable: true,
  takesWriteConcern: true,
  args,
  async run(context, given) {
    checkNewCollectionName(context.db, given.findAndModify)
    checkOptions(given)
    requireRights(context, given)
    const answered = context.retry?.answer(0)
    if (answered) return Object.fromEntries(answered)
    if (given.upsert) await ensureCollection(context, given.findAndModify)
    const collection = context.catalog.find(context.db, given.findAndModify)
    if (collection) notView(collection)
    return given.remove ? remove(context, given) : modify(context, given)
  },
})

/** It answers documents, so the right to change them is not enough. */
function requireRights(context: CommandContext, given: ArgsOf<typeof args>): void {
  const target = { db: context.db, collection: given.findAndModify }
  requireAction(context, 'find', target)
  requireAction(context, given.remove ? 'remove' : 'update', target)
  if (given.upsert) requireAction(context, 'insert', target)
}

function checkOptions(given: ArgsOf<typeof args>): void {
  const refuse = (message: string) => new CommandError('FailedToParse', message)
  if (given.remove) {
    if (given.update) throw refuse('Cannot specify both an update and remove=true')
    if (given.upsert) throw refuse('Cannot specify both upsert=true and remove=true')
    if (given.new)
      throw refuse(
        "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
      )
    if (given.arrayFilters) throw refuse('Cannot specify arrayFilters and remove=true')
  } else if (!given.update) {
    throw refuse('Either an update or remove=true must be specified')
  }
}

function readRequest(context: CommandContext, given: ArgsOf<typeof args>) {
  const collection = context.catalog.find(context.db, given.findAndModify)
  return {
    filter: readFilter(context, given.query, given.let),
    sort: parseSort(given.sort),
    hint: collection && findHint(collection, given.hint),
  }
}

async function remove(context: CommandContext, given: ArgsOf<typeof args>): Promise<Reply> {
  const request = readRequest(context, given)
  const project = projectionOf(context, given, request.filter)
  let removed: Buffer | undefined
  const run = new MatchingRun(
    context,
    given.findAndModify,
    { ...request, limit: request.sort ? 0 : 1 },
    (transaction, collection, recordId, doc) => {
      removeRecord(transaction, collection, recordId, doc)
      removed = doc
      return false
    },
  )
  return runOne(context, run, () => ({
    lastErrorObject: { n: removed ? 1 : 0 },
    value: removed ? RawValue.document(project(removed)) : null,
  }))
}

async function modify(context: CommandContext, given: ArgsOf<typeof args>): Promise<Reply> {
  const request = readRequest(context, given)
  const project = projectionOf(context, given, request.filter)
  const expressions = expressionsFor(context, given.let)
  const run = new UpdateRun(context, given.findAndModify, {
    ...request,
    update: parseUpdate(given.update as RawValue, {
      arrayFilters: given.arrayFilters,
      pipeline: (stages) => compilePipelineUpdate(context, stages, given.let),
      filter: { expression: expressions.test },
    }),
    multi: false,
    upsert: given.upsert,
    bypassDocumentValidation: given.bypassDocumentValidation,
  })
  return runOne(context, run, () => {
    const { result } = run
    const value = given.new ? result.after : result.before
    return {
      lastErrorObject: {
        n: result.matched + (result.upserted ? 1 : 0),
        updatedExisting: result.matched > 0,
        ...(result.upserted && { upserted: idOf(result.upserted) }),
      },
      value: value ? RawValue.document(project(value)) : null,
    }
  })
}

/** Runs a write whose error fails the whole command, and answers; the answer of a retryable write is recorded with it. */
async function runOne(context: CommandContext, run: WriteRun, answer: () => Reply): Promise<Reply> {
  let failure: unknown
  let reply: Reply = {}
  await runWrites(context, [
    {
      step(transaction, endMs) {
        try {
          if (!run.step(transaction, endMs)) return false
          reply = answer()
          context.retry?.record(0, decodeDocument(encodeDocument(reply)))
          return true
        } catch (error) {
          if (error instanceof BlockedByTransaction) throw error
          failure = error
          return true
        }
      },
    },
  ])
  if (failure) throw failure
  return reply
}

function projectionOf(
  context: CommandContext,
  given: ArgsOf<typeof args>,
  filter: ReturnType<typeof readRequest>['filter'],
): (doc: Buffer) => Buffer {
  const { fields } = given
  if (!fields || decodeDocument(fields.buf, fields.at).size === 0) return (doc) => doc
  const { value } = expressionsFor(context, given.let)
  const projection = compileProjection(fields, { filter, expression: value })
  return (doc) => projection.apply(doc, 0)
}
