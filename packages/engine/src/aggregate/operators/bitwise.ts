/** `$bitAnd`, `$bitOr`, `$bitXor`, `$bitNot`, on int32 and int64. */
import type { Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { isNullish, typeName } from '../values.js'
import { type OperatorParser, unary, variadic } from './arguments.js'

function bitwise(
  name: string,
  start: number,
  small: (a: number, b: number) => number,
  large: (a: bigint, b: bigint) => bigint,
): OperatorParser {
  return variadic((values) => {
    let result: number | bigint = start
    for (const value of values) {
      if (typeof value === 'number' && typeof result === 'number') result = small(result, value)
      else if (isNullish(value)) return null
      else result = large(BigInt(result), BigInt(integer(name, value)))
    }
    return result
  })
}

function integer(name: string, value: Value): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  throw new CommandError(
    'TypeMismatch',
    `${name} only supports int and long operands, not ${typeName(value)}`,
  )
}

export const bitAnd = bitwise(
  '$bitAnd',
  -1,
  (a, b) => a & b,
  (a, b) => a & b,
)
export const bitOr = bitwise(
  '$bitOr',
  0,
  (a, b) => a | b,
  (a, b) => a | b,
)
export const bitXor = bitwise(
  '$bitXor',
  0,
  (a, b) => a ^ b,
  (a, b) => a ^ b,
)

export const bitNot: OperatorParser = unary((value) => {
  if (typeof value === 'number' || typeof value === 'bigint') return ~value
  if (isNullish(value)) return null
  throw new CommandError(
    'TypeMismatch',
    `$bitNot only supports int and long, not: ${typeName(value)}.`,
  )
})
