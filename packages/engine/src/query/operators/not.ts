import { BsonType } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { conjunction, type Filter } from '../filter.js'
import type { OperatorParser } from './operator.js'
import { equalsOrMatches } from './regex.js'

export const parseNot: OperatorParser = (operand, { path, parser }): Filter => {
  if (operand.type === BsonType.regex) {
    return { kind: 'not', clause: equalsOrMatches(operand, path) }
  }
  if (operand.type !== BsonType.object) {
    throw new CommandError('BadValue', '$not needs a regex or a document')
  }
  if (operand.size === 5) throw new CommandError('BadValue', '$not cannot be empty')
  return { kind: 'not', clause: conjunction(parser.predicates(operand, path)) }
}
