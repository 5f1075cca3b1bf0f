import { decodeValue, type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { emptyPipeline } from '../join.js'
import { openPipeline } from '../open.js'
import { fieldsOf, isArray, isDocument } from '../raw-fields.js'
import type { Target } from '../services.js'
import type { Pipeline, StageContext, StageParser } from '../stage.js'
import type { DocumentStream } from '../stream.js'

/** The documents so far, then those of another collection. */
export const unionWith: StageParser = (argument, context) => {
  const { target, pipeline } = parse(argument, context)
  return {
    name: '$unionWith',
    targets: [target, ...pipeline.targets],
    open: (input, services) => {
      let second: DocumentStream | undefined
      return {
        next: () => {
          if (!second) {
            const doc = input.next()
            if (doc !== undefined) return doc
            second = openPipeline(pipeline, target, services)
          }
          return second.next()
        },
        close: () => {
          input.close?.()
          second?.close?.()
        },
      }
    },
  }
}

function parse(argument: RawValue, context: StageContext): { target: Target; pipeline: Pipeline } {
  const { db } = context
  const whole = decodeValue(argument.buf, argument.type, argument.at)
  if (typeof whole === 'string')
    return { target: { db, collection: whole }, pipeline: emptyPipeline() }
  if (!isDocument(argument)) {
    throw new CommandError(
      'FailedToParse',
      `the $unionWith stage specification must be an object or string, but found ${typeAlias(argument.type)}`,
    )
  }
  let collection: string | undefined
  let stages: RawValue | undefined
  for (const [name, value] of fieldsOf(argument)) {
    const text = decodeValue(value.buf, value.type, value.at)
    if (name === 'coll') {
      if (typeof text !== 'string') {
        throw new CommandError(
          'TypeMismatch',
          `BSON field '$unionWith.coll' is the wrong type '${typeAlias(value.type)}', expected type 'string'`,
        )
      }
      collection = text
    } else if (name === 'pipeline') stages = value
    else if (name === 'db') {
      if (text !== db)
        throw new CommandError(
          'CommandNotSupported',
          '$unionWith with another database is not supported',
        )
    } else throw new CommandError(40415, `BSON field '$unionWith.${name}' is an unknown field.`)
  }
  if (collection === undefined && !stages) {
    throw new CommandError(
      'FailedToParse',
      `$unionWith requires a collection or a pipeline that begins with $documents`,
    )
  }
  const target = { db, collection: collection ?? '$cmd.aggregate' }
  if (!stages) return { target, pipeline: emptyPipeline() }
  if (!isArray(stages))
    throw new CommandError('TypeMismatch', `'pipeline' option must be specified as an array`)
  const pipeline = context.parsePipeline(stages, {
    ...context,
    collection: target.collection,
    nesting: [...context.nesting, '$unionWith'],
  })
  if (collection === undefined && !pipeline.ownSource) {
    throw new CommandError(
      'FailedToParse',
      `$unionWith stage without explicit collection must have a pipeline with $documents as first stage`,
    )
  }
  return { target, pipeline }
}
