import { MAX_DEPTH } from '@gantry/bson'
import { CommandError } from '../errors.js'

/** The error for a document that an update would nest too deeply. */
export function tooDeep(): CommandError {
  return new CommandError('Overflow', `Document exceeds maximum nesting depth of ${MAX_DEPTH}`)
}
