import { BsonType, KeyWriter, RawValue } from '@gantry/bson'
import { appendHash } from '../catalog/index-keys.js'
import type { Filter } from '../query/filter.js'
import { type Interval, successor, union } from './intervals.js'

const writer = new KeyWriter()
const UNDEFINED = new RawValue(Buffer.alloc(0), BsonType.undefined, 0, 0)

/** The entries of a hashed field that a condition leaves: hashes of the values it names. Undefined when it names none. */
export function hashedIntervals(filter: Filter): readonly Interval[] | undefined {
  const operands = operandsOf(filter)
  return operands && union(operands.flatMap(withUndefined).map(pointOf))
}

/** Whether no document in which the field is missing fulfils a condition. */
export function demandsMore(filter: Filter): boolean {
  return operandsOf(filter)?.every((operand) => !isNothing(operand)) ?? false
}

function operandsOf(filter: Filter): readonly RawValue[] | undefined {
  if (filter.kind === 'eq') return isArray(filter.operand) ? undefined : [filter.operand]
  if (filter.kind !== 'in' || filter.regexes.length > 0) return undefined
  return filter.operands.some(isArray) ? undefined : filter.operands
}

function isArray({ type }: RawValue): boolean {
  return type === BsonType.array
}

function isNothing({ type }: RawValue): boolean {
  return type === BsonType.null || type === BsonType.undefined
}

/** Null means undefined as well, which has a hash of its own. */
function withUndefined(operand: RawValue): readonly RawValue[] {
  return operand.type === BsonType.null ? [operand, UNDEFINED] : [operand]
}

function pointOf({ buf, type, at }: RawValue): Interval {
  writer.reset()
  appendHash(writer, buf, type, at)
  const low = writer.copy()
  return { low, high: successor(low), point: true }
}
