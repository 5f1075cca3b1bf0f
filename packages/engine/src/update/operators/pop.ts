import {
  BsonType,
  compareNumbers,
  isNumericType,
  type NumericValue,
  type RawValue,
  typeAlias,
} from '@gantry/bson'
import { elementText } from '../../element-text.js'
import { CommandError } from '../../errors.js'
import { valuesOf } from '../../query/elements.js'
import { createsNothing, currentPath, type Modifier } from '../modifier.js'
import { decode } from '../raw-values.js'
import type { UpdatePath } from '../update-path.js'

/** `$pop`: 1 takes the last element away, -1 the first. */
export function parsePop(path: UpdatePath, argument: RawValue): Modifier {
  const fromFront = parseEnd(path, argument)
  return {
    kind: 'modifier',
    operator: '$pop',
    ...createsNothing,
    update(current, run) {
      if (current.type !== BsonType.array) {
        throw new CommandError(
          'TypeMismatch',
          `Path '${currentPath(run)}' contains an element of non-array type '${typeAlias(current.type)}'`,
        )
      }
      const values = valuesOf(current)
      if (values.length === 0) return undefined
      return fromFront ? values.slice(1) : values.slice(0, -1)
    },
  }
}

function parseEnd(path: UpdatePath, argument: RawValue): boolean {
  if (!isNumericType(argument.type)) {
    throw new CommandError(
      'FailedToParse',
      `Expected a number in: ${elementText(path.dotted, argument)}`,
    )
  }
  const end = decode(argument) as NumericValue
  if (compareNumbers(end, 1) === 0) return false
  if (compareNumbers(end, -1) === 0) return true
  throw new CommandError(
    'FailedToParse',
    `$pop expects 1 or -1, found: ${elementText(path.dotted, argument)}`,
  )
}
