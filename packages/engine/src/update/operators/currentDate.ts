import { BsonType, DateTime, type RawValue, readString, Timestamp, type Value } from '@gantry/bson'
import { elementText } from '../../element-text.js'
import { CommandError } from '../../errors.js'
import { elementsOf } from '../../query/elements.js'
import type { Modifier, UpdateContext } from '../modifier.js'
import type { UpdatePath } from '../update-path.js'

/** `$currentDate` takes a boolean, either of which means a date, or `{ $type: 'date' | 'timestamp' }`. */
export function parseCurrentDate(path: UpdatePath, argument: RawValue): Modifier {
  const type = argument.type === BsonType.bool ? 'date' : parseType(path, argument)
  const value = type === 'date' ? currentDate : currentTimestamp
  return {
    kind: 'modifier',
    operator: '$currentDate',
    update: (_current, { context }) => value(context),
    create: ({ context }) => value(context),
    creates: () => true,
    blocked: 'error',
    depth: 0,
  }
}

function currentDate(context: UpdateContext): Value {
  return new DateTime(context.now())
}

function currentTimestamp(context: UpdateContext): Value {
  if (context.nextTimestamp) return context.nextTimestamp()
  return new Timestamp(Number(context.now() / 1000n), 1)
}

function parseType(path: UpdatePath, argument: RawValue): string {
  if (argument.type !== BsonType.object) {
    throw new CommandError(
      'BadValue',
      `${elementText(path.dotted, argument)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
    )
  }
  let type: string | undefined
  for (const { name, value } of elementsOf(argument.buf, argument.at)) {
    if (name !== '$type') {
      throw new CommandError('BadValue', `Unrecognized $currentDate option: ${name}`)
    }
    type = value.type === BsonType.string ? readString(value.buf, value.at) : undefined
  }
  if (type === 'date' || type === 'timestamp') return type
  throw new CommandError(
    'BadValue',
    `The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}`,
  )
}
