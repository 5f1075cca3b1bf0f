import { BsonType, isNumericType, type RawValue, readInt32 } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { valuesOf } from '../elements.js'
import type { ModFilter, ValueTest } from '../filter.js'
import { truncatedLong } from '../integers.js'
import type { OperatorParser } from './operator.js'

export const parseMod: OperatorParser = (operand, { path }) => {
  if (operand.type !== BsonType.array) {
    throw new CommandError('BadValue', 'malformed mod, needs to be an array')
  }
  const values = valuesOf(operand)
  if (values.length < 2) throw new CommandError('BadValue', 'malformed mod, not enough elements')
  if (values.length > 2) throw new CommandError('BadValue', 'malformed mod, too many elements')
  const divisor = parseLong('divisor', values[0])
  const remainder = parseLong('remainder', values[1])
  if (divisor === 0n) throw new CommandError('BadValue', 'divisor cannot be 0')
  return { kind: 'mod', path, divisor, remainder }
}

function parseLong(name: string, { buf, type, at }: RawValue): bigint {
  if (!isNumericType(type)) {
    throw new CommandError('BadValue', `malformed mod, ${name} not a number`)
  }
  const value = truncatedLong(buf, type, at)
  if (value === undefined) {
    throw new CommandError(
      'BadValue',
      `malformed mod, ${name} value is invalid :: caused by :: Unable to coerce value to a 64-bit integer`,
    )
  }
  return value
}

/** Fractions are cut off before dividing; the remainder has the sign of the value. */
export function testMod({ divisor, remainder }: ModFilter): ValueTest {
  // All int32 and their remainders are exact as JavaScript numbers.
  const by = Number(divisor)
  const rest = Number(remainder)
  const small = BigInt(by) === divisor && BigInt(rest) === remainder
  return (buf, type, at) => {
    if (small && type === BsonType.int) return readInt32(buf, at) % by === rest
    const value = truncatedLong(buf, type, at)
    return value !== undefined && value % divisor === remainder
  }
}
