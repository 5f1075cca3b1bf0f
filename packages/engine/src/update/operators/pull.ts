import { BsonType, encodeDocument, type RawValue, readName } from '@gantry/bson'
import { compileFilter } from '../../query/compile.js'
import type { FilterContext } from '../../query/filter.js'
import { isOperatorDocument } from '../../query/operator-document.js'
import { parseFilter } from '../../query/parse.js'
import type { Modifier } from '../modifier.js'
import { compareRaw } from '../raw-values.js'
import type { UpdatePath } from '../update-path.js'
import { wrapped } from '../wrapped.js'
import { cull } from './cull.js'

/** `$pull`: takes away each element that the condition matches, or that equals the value. */
export function parsePull(_path: UpdatePath, argument: RawValue, context: FilterContext): Modifier {
  return cull('$pull', parseCondition(argument, context))
}

function parseCondition(argument: RawValue, context: FilterContext): (value: RawValue) => boolean {
  const { buf, type, at } = argument
  if ((isOperatorDocument(argument) && !isTopLevelOperator(argument)) || type === BsonType.regex) {
    const filter = encodeDocument({ [ELEMENT]: argument })
    const matches = compileFilter(parseFilter(filter, 0, context))
    return (value) => matches(wrapped(ELEMENT, value), 0)
  }
  if (type === BsonType.object) {
    const matches = compileFilter(parseFilter(buf, at, context))
    return (value) => value.type === BsonType.object && matches(value.buf, value.at)
  }
  return (value) => compareRaw(value, argument) === 0
}

/** The name that an element goes under while a filter looks at it. */
const ELEMENT = 'element'

const topLevelOperators = new Set(['$and', '$or', '$nor', '$expr', '$jsonSchema', '$comment'])

/** Conditions such as `{ $or: […] }` are on the fields of an element. */
function isTopLevelOperator({ buf, at }: RawValue): boolean {
  return topLevelOperators.has(readName(buf, at + 5))
}
