/** Operators of MongoDB that need what this engine does not have; each says so by name. */
import { CommandError } from '../../errors.js'
import type { OperatorParser } from './arguments.js'

/** Server-side JavaScript. */
export const needsJavaScript: OperatorParser = (_argument, _scope, name) => {
  throw new CommandError(
    'CommandNotSupported',
    `${name} is not supported: server-side JavaScript is not available`,
  )
}

/** Metadata of text and vector searches, which do not exist here. */
export const meta: OperatorParser = (argument, scope) => {
  const kind = scope.parse(argument, scope)
  const name = kind.constant ? kind.evaluate(scope.context) : undefined
  if (typeof name !== 'string') {
    throw new CommandError(17307, '$meta only supports string arguments')
  }
  if (!KINDS.has(name)) throw new CommandError(17308, `Unsupported argument to $meta: ${name}`)
  throw new CommandError(40218, `query requires ${name} metadata, but it is not available`)
}

const KINDS = new Set([
  'geoNearDistance',
  'geoNearPoint',
  'indexKey',
  'randVal',
  'recordId',
  'score',
  'scoreDetails',
  'searchHighlights',
  'searchScore',
  'searchScoreDetails',
  'searchSequenceToken',
  'sortKey',
  'textScore',
  'vectorSearchScore',
])
