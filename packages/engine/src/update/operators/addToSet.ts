import { BsonType, type RawValue, typeAlias } from '@gantry/bson'
import { documentText } from '../../element-text.js'
import { CommandError } from '../../errors.js'
import { elementsOf, valuesOf } from '../../query/elements.js'
import { currentName, type Modifier } from '../modifier.js'
import { depthOf } from '../raw-values.js'
import type { UpdatePath } from '../update-path.js'
import { ValueSet } from '../value-set.js'

/** `$addToSet`, also with `$each`; values are the same when they compare as equal. */
export function parseAddToSet(_path: UpdatePath, argument: RawValue): Modifier {
  const added = withoutRepetitions(parseEach(argument))
  return {
    kind: 'modifier',
    operator: '$addToSet',
    update(current, run) {
      if (current.type !== BsonType.array) {
        throw new CommandError(
          'BadValue',
          `Cannot apply $addToSet to non-array field. Field named '${currentName(run)}' has non-array type ${typeAlias(current.type)}`,
        )
      }
      const values = valuesOf(current)
      const set = new ValueSet(values)
      const missing = added.filter((value) => !set.has(value))
      return missing.length === 0 ? undefined : [...values, ...missing]
    },
    create: () => added,
    creates: () => true,
    blocked: 'error',
    depth: 1 + Math.max(0, ...added.map(depthOf)),
  }
}

function withoutRepetitions(values: readonly RawValue[]): RawValue[] {
  const set = new ValueSet([])
  return values.filter((value) => set.add(value))
}

function parseEach(argument: RawValue): RawValue[] {
  if (argument.type !== BsonType.object) return [argument]
  const elements = elementsOf(argument.buf, argument.at)
  if (elements[0]?.name !== '$each') return [argument]
  const each = elements[0].value
  if (each.type !== BsonType.array) {
    throw new CommandError(
      'TypeMismatch',
      `The argument to $each in $addToSet must be an array but it was of type ${typeAlias(each.type)}`,
    )
  }
  if (elements.length > 1) {
    throw new CommandError(
      'BadValue',
      `Found unexpected fields after $each in $addToSet: ${documentText(argument.buf, argument.at)}`,
    )
  }
  return valuesOf(each)
}
