/** `$and`, `$or` and `$nor`. */
import { BsonType } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { valuesOf } from '../elements.js'
import { conjunction, type Filter } from '../filter.js'
import type { TopLevelParser } from './operator.js'

export function parseLogical(kind: 'and' | 'or' | 'nor'): TopLevelParser {
  return (operand, parser): Filter => {
    if (operand.type !== BsonType.array) {
      throw new CommandError('BadValue', `$${kind} must be an array`)
    }
    const values = valuesOf(operand)
    if (values.length === 0) {
      throw new CommandError('BadValue', '$and/$or/$nor must be a nonempty array')
    }
    const clauses = values.map((value) => {
      if (value.type !== BsonType.object) {
        throw new CommandError('BadValue', '$or/$and/$nor entries need to be full objects')
      }
      return parser.filter(value)
    })
    if (kind === 'and') return conjunction(clauses)
    if (kind === 'or' && clauses.length === 1) return clauses[0]
    return { kind, clauses }
  }
}
