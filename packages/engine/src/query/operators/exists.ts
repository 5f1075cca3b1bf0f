import { BsonType, isNumericType, MISSING, type RawValue } from '@gantry/bson'
import type { Filter, ValueTest } from '../filter.js'
import { truncatedLong } from '../integers.js'
import type { OperatorParser } from './operator.js'

export const parseExists: OperatorParser = (operand, { path }) => {
  const exists: Filter = { kind: 'exists', path }
  return isTrue(operand) ? exists : { kind: 'not', clause: exists }
}

export function testExists(): ValueTest {
  return (_buf, type) => type !== MISSING
}

/** What counts as true where any type may stand for a boolean: all but false, zero, null and undefined. */
export function isTrue({ buf, type, at }: RawValue): boolean {
  if (type === BsonType.bool) return buf[at] !== 0
  if (type === BsonType.null || type === BsonType.undefined) return false
  if (type === BsonType.double) return buf.readDoubleLE(at) !== 0
  return !isNumericType(type) || !isZero(buf, type, at)
}

function isZero(buf: Buffer, type: number, at: number): boolean {
  return truncatedLong(buf, type, at) === 0n
}
