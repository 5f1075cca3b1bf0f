/** `$arrayElemAt`, `$first` and `$last`. */
import type { Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInt32 } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { binary, type OperatorParser, unary } from './arguments.js'

/** The element at a position, counted from the end when negative; missing outside the array. */
export const arrayElemAt: OperatorParser = binary((array, index) => {
  if (isNullish(array) || isNullish(index)) return null
  if (!Array.isArray(array)) {
    throw new CommandError(
      28689,
      `$arrayElemAt's first argument must be an array, but is ${typeName(array)}`,
    )
  }
  if (!isNumeric(index)) {
    throw new CommandError(
      28690,
      `$arrayElemAt's second argument must be a numeric value, but is ${typeName(index)}`,
    )
  }
  const position = exactInt32(index)
  if (position === undefined) {
    throw new CommandError(
      28691,
      `$arrayElemAt's second argument must be representable as a 32-bit integer: ${index}`,
    )
  }
  return array.at(position)
})

function end(name: string, position: 0 | -1): OperatorParser {
  return unary((array): Value | undefined => {
    if (isNullish(array)) return null
    if (!Array.isArray(array)) {
      throw new CommandError(
        28689,
        `${name}'s argument must be an array, but is ${typeName(array)}`,
      )
    }
    return array.at(position)
  })
}

export const first = end('$first', 0)
export const last = end('$last', -1)
