import type { RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { arg, isGiven } from './args.js'

/** The commands of version 1 of the Stable API. */
const stable: ReadonlySet<string> = new Set([
  'abortTransaction',
  'aggregate',
  'authenticate',
  'bulkWrite',
  'collMod',
  'commitTransaction',
  'count',
  'create',
  'createIndexes',
  'delete',
  'drop',
  'dropDatabase',
  'dropIndexes',
  'endSessions',
  'explain',
  'find',
  'findAndModify',
  'getMore',
  'hello',
  'insert',
  'killCursors',
  'listCollections',
  'listDatabases',
  'listIndexes',
  'ping',
  'refreshSessions',
  'saslContinue',
  'saslStart',
  'update',
])

/** Throws when the caller asks for another API than ours, or strictly for the Stable API where the command is not in it. */
export function checkApiVersion(
  generic: Readonly<Record<string, RawValue>>,
  command: string,
): void {
  const { apiVersion, apiStrict, apiDeprecationErrors } = generic
  if (!apiVersion && !apiStrict && !apiDeprecationErrors) return
  const strict = apiStrict && isGiven(apiStrict) && arg.bool.read(apiStrict, 'apiStrict')
  if (apiDeprecationErrors && isGiven(apiDeprecationErrors)) {
    arg.bool.read(apiDeprecationErrors, 'apiDeprecationErrors')
  }
  if (!apiVersion || !isGiven(apiVersion)) {
    throw new CommandError(
      4886600,
      "Provided apiStrict and/or apiDeprecationErrors without passing apiVersion, 'apiVersion' is required",
    )
  }
  const version = arg.string.read(apiVersion, 'apiVersion')
  if (version !== '1') {
    throw new CommandError('APIVersionError', `API version must be "1", got "${version}"`)
  }
  if (strict && !stable.has(command)) {
    throw new CommandError(
      'APIStrictError',
      `Provided apiStrict:true, but the command ${command} is not in API Version 1`,
    )
  }
}
