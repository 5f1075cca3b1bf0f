/** `$count` and `$sortByCount`: short forms of `$group`. */
import { BsonType, decodeValue, encodeDocument, type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { sum } from '../accumulators/sum.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import { parseSortPattern } from '../sort-pattern.js'
import { compileValue, type StageParser } from '../stage.js'
import { blocking } from '../stream.js'
import { groupStage } from './group.js'
import { sortStage } from './sort.js'

/** One document with the number of documents; none when there are none. */
export const count: StageParser = (argument) => {
  const name = parseName(argument)
  return {
    name: '$count',
    open: (input, services) => {
      let seen = 0
      return blocking(
        input,
        services.overdue,
        () => {
          seen++
        },
        function* () {
          if (seen > 0) yield encodeDocument({ [name]: (seen | 0) === seen ? seen : BigInt(seen) })
        },
      )
    },
  }
}

function parseName(argument: RawValue): string {
  const name = decodeValue(argument.buf, argument.type, argument.at)
  if (typeof name !== 'string') {
    throw new CommandError(40156, `the count field must be a non-empty string`)
  }
  if (name === '') throw new CommandError(40157, 'the count field must be a non-empty string')
  if (name.startsWith('$'))
    throw new CommandError(40158, 'the count field cannot be a $-prefixed path')
  if (name.includes('\0'))
    throw new CommandError(40159, 'the count field cannot contain a null byte')
  if (name.includes('.')) throw new CommandError(40160, "the count field cannot contain '.'")
  if (name === '_id') throw new CommandError(9039800, "the count field cannot be '_id'")
  return name
}

/** The values of an expression and how often each is met, the most frequent first. */
export const sortByCount: StageParser = (argument, context) => {
  checkExpression(argument)
  const one = fieldsOf(document({ one: 1 }))[0][1]
  const start = sum(one, context.scope, '$sum')
  const order = document({ count: -1 })
  return [
    groupStage(compileValue(argument, context), [{ name: 'count', start }], context.scope.context),
    sortStage(parseSortPattern(order)),
  ]
}

function document(value: Record<string, number>): RawValue {
  const buf = encodeDocument(value)
  return { buf, type: BsonType.object, at: 0, size: buf.length }
}

function checkExpression(argument: RawValue): void {
  if (isDocument(argument)) {
    if (fieldsOf(argument)[0]?.[0].startsWith('$')) return
    throw new CommandError(
      40147,
      'the sortByCount field must be defined as a $-prefixed path or an expression',
    )
  }
  if (argument.type !== BsonType.string) {
    throw new CommandError(
      40149,
      `the sortByCount field must be specified as a string or as an object, got ${typeAlias(argument.type)}`,
    )
  }
  const text = decodeValue(argument.buf, argument.type, argument.at) as string
  if (!text.startsWith('$')) {
    throw new CommandError(
      40148,
      'the sortByCount field must be defined as a $-prefixed path or an expression',
    )
  }
}
