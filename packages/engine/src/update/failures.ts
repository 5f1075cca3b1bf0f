import { MAX_DEPTH } from '@gantry/bson'
import { CommandError } from '../errors.js'

/** The error for an update that would make another `_id` of the one there is. */
export function immutableId(path: string): CommandError {
  return new CommandError(
    'ImmutableField',
    `Performing an update on the path '${path}' would modify the immutable field '_id'`,
  )
}

/** The error for a document that an update would nest too deeply. */
export function tooDeep(): CommandError {
  return new CommandError('Overflow', `Document exceeds maximum nesting depth of ${MAX_DEPTH}`)
}
