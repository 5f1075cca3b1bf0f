import {
  BsonType,
  compareValues,
  decodeValue,
  findElement,
  isNumericType,
  type Path,
  parsePath,
  type RawValue,
  type Value,
} from '@gantry/bson'
import { elementText } from '../../element-text.js'
import { CommandError } from '../../errors.js'
import { elementsOf } from '../../query/elements.js'
import { decode, integerOf } from '../raw-values.js'

/** The elements in their new order; those that compare as equal keep theirs. */
export type ElementOrder = (values: readonly RawValue[]) => RawValue[]

interface SortField {
  readonly path: Path
  readonly sign: number
}

/** Reads `$sort` of `$push`: 1 or -1 for the elements themselves, or fields of theirs. */
export function parseElementOrder(sort: RawValue): ElementOrder {
  if (isNumericType(sort.type)) {
    const sign = integerOf(sort)
    if (sign !== 1 && sign !== -1) {
      throw new CommandError('BadValue', 'The $sort element value must be either 1 or -1')
    }
    return (values) => sortBy(values, (value) => [decode(value)], [sign])
  }
  if (sort.type !== BsonType.object) {
    throw new CommandError(
      'BadValue',
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    )
  }
  const fields = parseFields(sort)
  return (values) =>
    sortBy(
      values,
      (value) => fields.map(({ path }) => valueAt(value, path)),
      fields.map(({ sign }) => sign),
    )
}

function parseFields(sort: RawValue): SortField[] {
  const fields = elementsOf(sort.buf, sort.at).map(({ name, value }) => {
    const sign = integerOf(value)
    if (sign !== 1 && sign !== -1) {
      throw new CommandError('BadValue', 'The $sort element value must be either 1 or -1')
    }
    if (name === '') throw new CommandError('BadValue', 'The $sort field cannot be empty')
    const path = parsePath(name)
    if (path.some((part) => part.name === '')) {
      throw new CommandError(
        'BadValue',
        `The $sort field is a dotted field but has an empty part: ${elementText(name, value)}`,
      )
    }
    return { path, sign }
  })
  if (fields.length === 0) {
    throw new CommandError(
      'BadValue',
      'The $sort pattern is empty when it should be a set of fields.',
    )
  }
  return fields
}

function sortBy(
  values: readonly RawValue[],
  keyOf: (value: RawValue) => Value[],
  signs: readonly number[],
): RawValue[] {
  return values
    .map((value) => ({ value, key: keyOf(value) }))
    .sort((a, b) => {
      for (let i = 0; i < signs.length; i++) {
        const order = compareValues(a.key[i], b.key[i])
        if (order !== 0) return order * signs[i]
      }
      return 0
    })
    .map(({ value }) => value)
}

/** The value at a path, in arrays by position only; null when there is none. */
function valueAt({ buf, type, at }: RawValue, path: Path): Value {
  for (const { bytes } of path) {
    if (type !== BsonType.object && type !== BsonType.array) return null
    const element = findElement(buf, at, bytes)
    if (element === -1) return null
    type = buf[element]
    at = element + bytes.length + 2
  }
  return decodeValue(buf, type, at)
}
