import {
  BsonType,
  compareValues,
  decodeValue,
  type Path,
  parsePath,
  type RawValue,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInt32 } from '../numeric.js'
import { fieldsOf } from '../raw-fields.js'
import { fold } from '../scope.js'
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
    const fields = parsePattern(sortBy)
    return (values) => values.toSorted((a, b) => compareByFields(a, b, fields))
  }
  const direction = parseDirection(
    decodeValue(sortBy.buf, sortBy.type, sortBy.at),
    2942507,
    2942506,
  )
  return (values) => values.toSorted((a, b) => direction * compareValues(a, b))
}

function parseDirection(value: Value, typeCode: number, code: number): number {
  if (!isNumeric(value)) {
    throw new CommandError(
      typeCode,
      `Illegal sort specification in $sortArray: must be a number or an object, not ${typeName(value)}`,
    )
  }
  const direction = exactInt32(value)
  if (direction === 1 || direction === -1) return direction
  throw new CommandError(code, '$sortArray sortBy must be 1 (for ascending) or -1 (for descending)')
}

interface SortField {
  readonly path: Path
  readonly direction: number
}

function parsePattern(sortBy: RawValue): SortField[] {
  const fields = fieldsOf(sortBy).map(([name, value]) => {
    const direction = decodeValue(value.buf, value.type, value.at)
    return { path: parsePath(name), direction: parseDirection(direction, 2942505, 2942505) }
  })
  if (fields.length > 0) return fields
  throw new CommandError(2942505, '$sortArray sortBy must name at least one field')
}

/** Arrays compare as a whole; in the middle of a path they lead nowhere. */
function compareByFields(a: Value, b: Value, fields: readonly SortField[]): number {
  for (const { path, direction } of fields) {
    const order = compareValues(at(a, path) ?? null, at(b, path) ?? null)
    if (order !== 0) return direction * order
  }
  return 0
}

function at(value: Value | undefined, path: Path): Value | undefined {
  let current = value
  for (const { name } of path) current = current instanceof Map ? current.get(name) : undefined
  return current
}
