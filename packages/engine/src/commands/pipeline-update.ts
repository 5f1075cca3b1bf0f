import { decodeDocument, type RawValue } from '@gantry/bson'
import { openStages } from '../aggregate/open.js'
import { type PipelineServices, parsePipeline } from '../aggregate/pipeline.js'
import { streamOf } from '../aggregate/stream.js'
import { CommandError } from '../errors.js'
import type { CommandContext } from './command.js'
import { expressionsFor } from './expressions.js'

/** Stages that make one document of one document. */
const allowedStages: ReadonlySet<string> = new Set([
  '$addFields',
  '$project',
  '$replaceRoot',
  '$replaceWith',
  '$set',
  '$unset',
])

/** Compiles an update that is given as a pipeline; it may refer to the command's `let` and to constants of its own. */
export function compilePipelineUpdate(
  context: CommandContext,
  stages: RawValue,
  variables?: RawValue,
  constants?: RawValue,
): (document: Buffer) => Buffer {
  const options = expressionsFor(context, variables).options()
  const own = constants ? decodeDocument(constants.buf, constants.at) : []
  const pipeline = parsePipeline(stages, {
    ...options,
    variables: new Map([...(options.variables ?? []), ...own]),
    db: context.db,
    collection: 'update',
  })
  for (const name of pipeline.names) {
    if (!allowedStages.has(name)) {
      throw new CommandError('InvalidOptions', `${name} is not allowed to be used within an update`)
    }
  }
  return (document) => {
    const result = openStages(pipeline, streamOf([document]), services).next()
    if (!Buffer.isBuffer(result)) throw new Error('a stage of an update gave no document')
    return result
  }
}

/** One document at a time takes no reading of others, and no pauses. */
const services: PipelineServices = {
  overdue: () => false,
  hasIndex: () => false,
  read() {
    throw new Error('an update reads no other collections')
  },
}
