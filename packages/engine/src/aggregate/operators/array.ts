/** Operators on whole arrays: `$concatArrays`, `$in`, `$indexOfArray`, `$isArray`, `$range`, `$reverseArray`, `$size`, `$slice`. */
import { compareValues, type NumericValue, type Value, valuesEqual } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInt32 } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { binary, type OperatorParser, ranged, unary, variadic } from './arguments.js'

export const concatArrays: OperatorParser = variadic((arrays) => {
  let total: Value[] = []
  for (const array of arrays) {
    if (isNullish(array)) return null
    if (!Array.isArray(array)) {
      throw new CommandError(28664, `$concatArrays only supports arrays, not ${typeName(array)}`)
    }
    total = total.length === 0 ? array.slice() : total.concat(array)
  }
  return total
})

export const inOperator: OperatorParser = binary((value, array) => {
  if (!Array.isArray(array)) {
    throw new CommandError(
      40081,
      `$in requires an array as a second argument, found: ${typeName(array)}`,
    )
  }
  return array.some((element) => compareValues(element, value) === 0)
})

/** The position of a value between two positions, or -1. */
export const indexOfArray: OperatorParser = ranged(2, 4, (values) => {
  const [array, value, from, to] = values
  if (isNullish(array)) return null
  if (!Array.isArray(array)) {
    throw new CommandError(
      40090,
      `$indexOfArray requires an array as a first argument, found: ${typeName(array)}`,
    )
  }
  const start = values.length < 3 ? 0 : position('$indexOfArray', 'starting', from)
  const end = values.length < 4 ? array.length : position('$indexOfArray', 'ending', to)
  for (let i = start; i < Math.min(end, array.length); i++) {
    if (valuesEqual(array[i], value)) return i
  }
  return -1
})

function position(name: string, which: string, value: Value | undefined): number {
  const index = isNumeric(value) ? exactInt32(value) : undefined
  if (index === undefined) {
    throw new CommandError(
      9711600,
      `${name} requires an integral ${which} index, found a value of type: ${typeName(value)}`,
    )
  }
  if (index < 0) {
    throw new CommandError(
      9711601,
      `${name} requires a nonnegative ${which} index, found: ${index}`,
    )
  }
  return index
}

export const isArray: OperatorParser = unary((value) => Array.isArray(value))

export const reverseArray: OperatorParser = unary((array) => {
  if (isNullish(array)) return null
  if (!Array.isArray(array)) {
    throw new CommandError(
      34435,
      `The argument to $reverseArray must be an array, but was of type: ${typeName(array)}`,
    )
  }
  return array.toReversed()
})

export const size: OperatorParser = unary((array) => {
  if (Array.isArray(array)) return array.length
  throw new CommandError(
    17124,
    `The argument to $size must be an array, but was of type: ${typeName(array)}`,
  )
})

/** The first or last elements, or so many from a position. */
export const slice: OperatorParser = ranged(2, 3, (values) => {
  const [array, first] = values
  if (values.some(isNullish)) return null
  if (!Array.isArray(array)) {
    throw new CommandError(
      28724,
      `First argument to $slice must be an array, but is of type: ${typeName(array)}`,
    )
  }
  const from = sliceArgument(first, 'Second', 28725)
  if (values.length === 2) return from < 0 ? array.slice(from) : array.slice(0, from)
  const count = sliceArgument(values[2], 'Third', 28727)
  if (count <= 0) {
    throw new CommandError(28729, `Third argument to $slice must be positive: ${count}`)
  }
  const start = from < 0 ? Math.max(0, array.length + from) : from
  return array.slice(start, start + count)
})

function sliceArgument(value: Value | undefined, which: string, code: number): number {
  if (!isNumeric(value)) {
    throw new CommandError(
      code,
      `${which} argument to $slice must be numeric, but is of type: ${typeName(value)}`,
    )
  }
  const integer = exactInt32(value)
  if (integer !== undefined) return integer
  throw new CommandError(
    code + 1,
    `${which} argument to $slice can't be represented as a 32-bit integer: ${shown(value)}`,
  )
}

function shown(value: NumericValue): string {
  return typeof value === 'object' && 'value' in value ? String(value.value) : String(value)
}

/** The integers from start up to but not including end. */
export const range: OperatorParser = ranged(2, 3, ([start, end, step = 1]) => {
  const from = rangeArgument(start, 'starting value', 34443)
  const to = rangeArgument(end, 'ending value', 34445)
  const by = rangeArgument(step, 'step value', 34447)
  if (by === 0) throw new CommandError(34449, '$range requires a non-zero step value')
  const length = Math.max(0, Math.ceil((to - from) / by))
  if (length * 8 > 100 * 1024 * 1024) {
    throw new CommandError(
      'ExceededMemoryLimit',
      '$range would use too much memory (> 104857600 bytes)',
    )
  }
  return Array.from({ length }, (_, i) => from + i * by)
})

function rangeArgument(value: Value | undefined, what: string, code: number): number {
  if (!isNumeric(value)) {
    throw new CommandError(
      code,
      `$range requires a numeric ${what}, found value of type: ${typeName(value)}`,
    )
  }
  const integer = exactInt32(value)
  if (integer !== undefined) return integer
  throw new CommandError(
    code + 1,
    `$range requires a ${what} that can be represented as a 32-bit integer, found value: ${shown(value)}`,
  )
}
