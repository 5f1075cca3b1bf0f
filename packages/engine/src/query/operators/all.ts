import { BsonType, type Path, type RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf, valuesOf } from '../elements.js'
import { conjunction, type Filter } from '../filter.js'
import { isOperatorDocument } from '../operator-document.js'
import { parseElemMatch } from './elemMatch.js'
import type { OperatorParser, OperatorScope } from './operator.js'
import { equalsOrMatches } from './regex.js'

/** Each operand must be found, whichever array elements hold them. */
export const parseAll: OperatorParser = (operand, scope) => {
  if (operand.type !== BsonType.array) throw new CommandError('BadValue', '$all needs an array')
  const values = valuesOf(operand)
  if (values.length === 0) return { kind: 'alwaysFalse' }
  const ofElements = isElemMatch(values[0])
  return conjunction(
    values.map((value) =>
      ofElements ? elementClause(value, scope) : valueClause(value, scope.path),
    ),
  )
}

function isElemMatch(value: RawValue): boolean {
  return value.type === BsonType.object && elementsOf(value.buf, value.at)[0]?.name === '$elemMatch'
}

function elementClause(value: RawValue, scope: OperatorScope): Filter {
  if (!isElemMatch(value)) {
    throw new CommandError('BadValue', '$all/$elemMatch has to be consistent')
  }
  const [{ value: operand }] = elementsOf(value.buf, value.at)
  return parseElemMatch(operand, scope) as Filter
}

function valueClause(value: RawValue, path: Path): Filter {
  if (isOperatorDocument(value)) {
    throw new CommandError('BadValue', 'no $ expressions in $all')
  }
  return equalsOrMatches(value, path)
}
