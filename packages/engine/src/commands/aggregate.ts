import { BsonType, encodeDocument, RawValue, readString, type Writable } from '@gantry/bson'
import { openPipeline, type Pipeline, parsePipeline } from '../aggregate/pipeline.js'
import { CommandError } from '../errors.js'
import { findHint } from '../plan/hint.js'
import { elementsOf as namedElementsOf } from '../query/elements.js'
import { type ArgsOf, arg, elementsOf, optional, withDefault } from './args.js'
import { requireAction } from './authorize.js'
import { firstBatch } from './batch.js'
import { type ChangeStreamStages, openChangeStreamCursor } from './change-stream-cursor.js'
import { collationArg } from './collation.js'
import { type CommandContext, command } from './command.js'
import { explainPipeline } from './explain-pipeline.js'
import { expressionsFor } from './expressions.js'
import { hintArg } from './hint.js'
import { cursorOptions } from './list-source.js'
import { checkCollectionName } from './namespace.js'
import { pipelineServices } from './pipeline-services.js'
import { pipelineSource } from './pipeline-source.js'

/** A collection's name, or 1 for what is about the whole database. */
const target = {
  read(value: RawValue, field: string): string | undefined {
    if (value.type === BsonType.string) return readString(value.buf, value.at)
    if (arg.number.read(value, field) === 1) return undefined
    throw new CommandError(
      'FailedToParse',
      "Invalid command format: the 'aggregate' field must specify a collection name or 1",
    )
  },
}

const args = {
  aggregate: target,
  pipeline: arg.any,
  cursor: optional(arg.document),
  explain: withDefault(arg.bool, false),
  let: optional(arg.document),
  hint: hintArg,
  collation: collationArg,
  allowDiskUse: optional(arg.bool),
  bypassDocumentValidation: optional(arg.bool),
}

/** Runs documents through a pipeline of stages. */
export const aggregate = command({
  name: 'aggregate',
  help: 'Runs documents through a pipeline of stages',
  access: { action: 'find', on: 'collection' },
  inTransaction: true,
  takesReadConcern: true,
  takesSnapshot: true,
  takesWriteConcern: true,
  args,
  run(context, given) {
    if (given.aggregate !== undefined) checkCollectionName(context.db, given.aggregate)
    if (!given.cursor && !given.explain) {
      throw new CommandError(
        'FailedToParse',
        "The 'cursor' option is required, except for aggregate with the explain argument",
      )
    }
    if (given.explain) {
      return explainPipeline(context, given.aggregate, { ...given, verbosity: 'queryPlanner' })
    }
    const namespace = `${context.db}.${given.aggregate ?? '$cmd.aggregate'}`
    const options = cursorOptions(given.cursor)
    const changeStream = changeStreamStage(given.pipeline)
    if (changeStream) {
      const source = openChangeStreamCursor(context, given.aggregate, changeStream, given.let)
      return firstBatch(context, namespace, source, options)
    }
    const pipeline = parse(context, given)
    requireRights(context, pipeline)
    checkWriting(context, pipeline)
    const collection =
      given.aggregate === undefined ? undefined : context.catalog.find(context.db, given.aggregate)
    const on = { db: context.db, collection: given.aggregate ?? '$cmd.aggregate' }
    const services = pipelineServices(context, {
      hint: collection && findHint(collection, given.hint),
      target: on,
      allowDiskUse: given.allowDiskUse,
    })
    const stream = openPipeline(pipeline, on, services)
    return firstBatch(context, namespace, pipelineSource(stream, services), options)
  },
})

function parse(context: CommandContext, given: ArgsOf<typeof args>): Pipeline {
  return parsePipeline(given.pipeline, {
    ...expressionsFor(context, given.let).options(),
    db: context.db,
    collection: given.aggregate,
  })
}

/** Writes are made in the present, so they take no past to be read. */
function checkWriting({ readConcern, past }: CommandContext, { names }: Pipeline): void {
  const writes = names.at(-1)
  if (writes !== '$out' && writes !== '$merge') return
  if (!past && readConcern?.level !== 'linearizable') return
  throw new CommandError(
    'InvalidOptions',
    `${writes} cannot be used with a '${readConcern?.level}' read concern level`,
  )
}

/** Reading or writing other collections takes the rights to these. */
function requireRights(context: CommandContext, pipeline: Pipeline): void {
  const writes = pipeline.names.at(-1)
  for (const { db, collection } of pipeline.targets) {
    const target = { db, collection }
    requireAction(context, 'find', target)
    if (writes === '$out') requireAction(context, 'remove', target)
    if (writes === '$out' || writes === '$merge') requireAction(context, 'insert', target)
    if (writes === '$merge') requireAction(context, 'update', target)
  }
}

/** The parts of a pipeline that begins with `$changeStream`. */
function changeStreamStage(pipeline: RawValue): ChangeStreamStages | undefined {
  if (pipeline.type !== BsonType.array) return undefined
  const [first, ...others] = elementsOf(pipeline)
  if (first?.type !== BsonType.object) return undefined
  const [stage] = namedElementsOf(first.buf, first.at)
  if (stage?.name !== '$changeStream') return undefined
  const wrapped = encodeDocument({ p: others as Writable[] })
  return {
    options: stage.value,
    rest: new RawValue(wrapped, BsonType.array, 7, wrapped.length - 8),
  }
}
