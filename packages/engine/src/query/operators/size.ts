import { BsonType, countElements, isNumericType, type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import type { ValueTest } from '../filter.js'
import { longComplaint, wholeLong } from '../integers.js'
import type { OperatorParser } from './operator.js'

const INT_MAX = 2n ** 31n - 1n

export const parseSize: OperatorParser = (operand, { path }) => ({
  kind: 'size',
  path,
  size: parseLength('$size', operand),
})

/** A whole number from 0 to the largest int32. */
function parseLength(name: string, operand: RawValue): number {
  const { buf, type, at } = operand
  const shown = `${name}: ${typeAlias(type)}`
  const value = wholeLong(buf, type, at)
  if (value === undefined || !isNumericType(type)) {
    throw new CommandError('BadValue', `Failed to parse ${name}. ${longComplaint(operand, shown)}`)
  }
  if (value < 0n) {
    throw new CommandError(
      'BadValue',
      `Failed to parse ${name}. Expected a non-negative number in: ${name}: ${value}`,
    )
  }
  if (value > INT_MAX) {
    throw new CommandError(
      'BadValue',
      `Failed to parse ${name}. Cannot represent as a 32-bit integer: ${name}: ${value}`,
    )
  }
  return Number(value)
}

export function testSize(size: number): ValueTest {
  return (buf, type, at) => type === BsonType.array && countElements(buf, at) === size
}
