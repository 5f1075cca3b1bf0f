import { BsonType, isNumericType, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { valuesOf } from '../query/elements.js'
import { toInt32 } from './number.js'
import type { Leaf } from './tree.js'

/** Reads `$slice: n` and `$slice: [skip, limit]`; undefined when the operand is one for the expression of the same name. */
export function parseSlice(operand: RawValue): Leaf | undefined {
  if (isNumericType(operand.type)) {
    const count = toInt32(operand)
    return { kind: 'slice', skip: Math.min(0, count), limit: Math.abs(count) }
  }
  if (operand.type !== BsonType.array) return undefined
  const values = valuesOf(operand)
  if (values.length !== 2 || !values.every(({ type }) => isNumericType(type))) return undefined
  const [skip, limit] = values.map(toInt32)
  if (limit <= 0) {
    throw new CommandError(28724, 'First argument to $slice must be an array, but is of type: int')
  }
  return { kind: 'slice', skip, limit }
}
