import { BsonType, compareValues, decodeValue, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInt32 } from '../numeric.js'
import { fold } from '../scope.js'
import { parseSortPattern, sortValues } from '../sort-pattern.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { namedArguments, type OperatorParser } from './arguments.js'

type Sort = (values: readonly Value[]) => Value[]

/** Sorts an array by its values (`1`, `-1`) or by fields of its documents. */
export const sortArray: OperatorParser = (argument, scope) => {
  const found = namedArguments(argument, '$sortArray', ['input', 'sortBy'], {
    notDocument: 2942500,
    unknown: 2942501,
    missing: { input: 2942502, sortBy: 2942503 },
    messages: {
      notDocument: '$sortArray requires an object as an argument',
      unknown: (field) => `$sortArray found an unknown argument: ${field}`,
      missing: (field) => `$sortArray requires '${field}' to be specified`,
    },
  })
  const input = scope.parse(found.input as RawValue, scope)
  const sort = parseSort(found.sortBy as RawValue)
  return fold(
    (context) => {
      const array = input.evaluate(context)
      if (isNullish(array)) return null
      if (!Array.isArray(array)) {
        throw new CommandError(
          2942504,
          `The input argument to $sortArray must be an array, but was of type: ${typeName(array)}`,
        )
      }
      return sort(array)
    },
    [input],
  )
}

function parseSort(sortBy: RawValue): Sort {
  if (sortBy.type === BsonType.object) {
    const pattern = parsePattern(sortBy)
    return (values) => sortValues(values, pattern)
  }
  const value = decodeValue(sortBy.buf, sortBy.type, sortBy.at)
  if (!isNumeric(value)) {
    throw new CommandError(
      2942507,
      `Illegal sort specification in $sortArray: must be a number or an object, not ${typeName(value)}`,
    )
  }
  const direction = exactInt32(value)
  if (direction !== 1 && direction !== -1) {
    throw new CommandError(
      2942506,
      '$sortArray sortBy must be 1 (for ascending) or -1 (for descending)',
    )
  }
  return (values) => values.toSorted((a, b) => direction * compareValues(a, b))
}

function parsePattern(sortBy: RawValue) {
  try {
    return parseSortPattern(sortBy)
  } catch (error) {
    if (error instanceof CommandError && [15974, 15975, 15976].includes(error.code)) {
      throw new CommandError(2942505, `Illegal sort pattern in $sortArray: ${error.message}`)
    }
    throw error
  }
}
