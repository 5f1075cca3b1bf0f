import { DateTime, type Doc, type Value } from '@gantry/bson'
import { numberOf, valueAt } from '../../control/reply.js'

/**
 * An entry of a profile with the fields that MongoDB once had: what was asked for under the
 * operation's own names, and how much was looked at.
 */
export function presentProfileEntry(entry: Doc): Doc {
  const command = entry.get('command') ?? new Map()
  const seen = Math.max(numberOf(entry.get('keysExamined')), numberOf(entry.get('docsExamined')))
  const required: [string, Value][] = [
    ['op', entry.get('op') ?? ''],
    ['ns', entry.get('ns') ?? ''],
    ['ts', entry.get('ts') ?? DateTime.fromMs(0)],
    ['millis', entry.get('millis') ?? 0],
    ['client', entry.get('client') ?? ''],
    ['user', entry.get('user') ?? ''],
    ...statement(entry.get('op'), command),
    ['nscanned', seen],
    ['ntoreturn', valueAt(command, 'limit') ?? valueAt(command, 'batchSize') ?? 0],
    ['responseLength', entry.get('responseLength') ?? 0],
  ]
  return new Map([...required, ...entry])
}

function statement(op: Value | undefined, command: Value): [string, Value][] {
  const part = (field: string) => valueAt(command, field) ?? new Map()
  switch (op) {
    case 'query':
    case 'getmore':
      return [['query', command]]
    case 'update':
      return [
        ['query', part('q')],
        ['updateobj', part('u')],
      ]
    case 'remove':
      return [['query', part('q')]]
    default:
      return [['command', command]]
  }
}
