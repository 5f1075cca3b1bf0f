/** `$collStats` and `$indexStats`: documents about a collection. */
import { type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import type { StageContext, StageParser } from '../stage.js'
import { streamOf } from '../stream.js'

function statistics(
  name: '$collStats' | '$indexStats',
  check: (argument: RawValue) => void,
): StageParser {
  return (argument, context) => {
    check(argument)
    const target = { db: context.db, collection: requireCollection(name, context) }
    const options = Buffer.from(argument.buf.subarray(argument.at, argument.at + argument.size))
    return {
      name,
      source: true,
      open: (_input, services) => {
        if (!services.statistics)
          throw new CommandError('CommandNotSupported', `${name} is not supported here`)
        return streamOf(services.statistics(name, target, options))
      },
    }
  }
}

function requireCollection(name: string, { collection }: StageContext): string {
  if (collection !== undefined) return collection
  throw new CommandError('InvalidNamespace', `${name} must be run against a collection`)
}

const PARTS = new Set([
  'latencyStats',
  'storageStats',
  'count',
  'queryExecStats',
  'operationStats',
  'targetAllNodes',
])

export const collStats = statistics('$collStats', (argument) => {
  if (!isDocument(argument)) {
    throw new CommandError(
      5447000,
      `$collStats must take a nested object but found: ${typeAlias(argument.type)}`,
    )
  }
  for (const [name] of fieldsOf(argument)) {
    if (!PARTS.has(name))
      throw new CommandError(40415, `BSON field '$collStats.${name}' is an unknown field.`)
  }
})

export const indexStats = statistics('$indexStats', (argument) => {
  if (!isDocument(argument) || fieldsOf(argument).length > 0) {
    throw new CommandError(28803, 'The $indexStats stage specification must be an empty object')
  }
})
