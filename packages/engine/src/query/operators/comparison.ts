/** `$eq`, `$gt`, `$gte`, `$lt`, `$lte` and `$ne`. */
import {
  BsonType,
  canonicalRank,
  compareNumbers,
  compareValues,
  type Decimal128,
  Double,
  decimalToDouble,
  decodeValue,
  isNumericType,
  MISSING,
  type NumericValue,
  type RawValue,
  readInt32,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import {
  type Comparison,
  type ComparisonFilter,
  dottedPath,
  type Filter,
  type ValueTest,
} from '../filter.js'
import type { OperatorParser } from './operator.js'

export function parseComparison(kind: Comparison): OperatorParser {
  return (operand, { path }) => {
    if (operand.type === BsonType.undefined) {
      throw new CommandError('BadValue', 'cannot compare to undefined')
    }
    if (operand.type === BsonType.regex && kind !== 'eq') {
      throw new CommandError(
        'BadValue',
        `Can't have RegEx as arg to predicate over field '${dottedPath(path)}'.`,
      )
    }
    return { kind, path, operand }
  }
}

export const parseNe: OperatorParser = (operand, scope) => {
  if (operand.type === BsonType.regex) {
    throw new CommandError('BadValue', "Can't have regex as arg to $ne.")
  }
  return { kind: 'not', clause: parseComparison('eq')(operand, scope) as Filter }
}

/** Below, at or above zero as a value sorts before, with or after the operand; NaN where they do not compare. */
type OrderToOperand = (buf: Buffer, type: number, at: number) => number

export function testComparison({ kind, operand }: ComparisonFilter): ValueTest {
  const { type } = operand
  if (type === BsonType.minKey || type === BsonType.maxKey) return testEndKey(kind, type)
  if (type === BsonType.null) return testNull(kind)
  if (kind === 'eq') {
    if (type === BsonType.string || type === BsonType.symbol) return equalsString(operand)
    if (isNumericType(type)) return equalsNumber(operand)
    if (type === BsonType.objectId) return equalsObjectId(operand)
    if (type === BsonType.object || type === BsonType.array) return equalsNested(operand)
  }
  return withOrder(kind, orderTo(operand))
}

/** The end keys compare with every type, as long as both sides are not told apart by order alone. */
function testEndKey(kind: Comparison, end: number): ValueTest {
  const beyond = end === BsonType.minKey ? ['gt', 'gte'] : ['lt', 'lte']
  if (beyond.includes(kind)) {
    const self = kind === 'gte' || kind === 'lte'
    return (_buf, type) => type !== end || self
  }
  const equal = kind !== 'gt' && kind !== 'lt'
  return (_buf, type) => equal && type === end
}

function testNull(kind: Comparison): ValueTest {
  if (kind === 'gt' || kind === 'lt') return () => false
  return (_buf, type) => type === BsonType.null || type === MISSING
}

function withOrder(kind: Comparison, order: OrderToOperand): ValueTest {
  switch (kind) {
    case 'eq':
      return (buf, type, at) => order(buf, type, at) === 0
    case 'gt':
      return (buf, type, at) => order(buf, type, at) > 0
    case 'gte':
      return (buf, type, at) => order(buf, type, at) >= 0
    case 'lt':
      return (buf, type, at) => order(buf, type, at) < 0
    case 'lte':
      return (buf, type, at) => order(buf, type, at) <= 0
  }
}

function orderTo(operand: RawValue): OrderToOperand {
  switch (operand.type) {
    case BsonType.int:
    case BsonType.double:
    case BsonType.long:
    case BsonType.decimal:
      return orderToNumber(operand)
    case BsonType.string:
    case BsonType.symbol:
      return orderToString(operand)
    case BsonType.date:
      return orderToDate(operand)
    case BsonType.objectId:
      return orderToObjectId(operand)
    case BsonType.bool:
      return orderToBool(operand)
    default:
      return orderToDecoded(operand)
  }
}

function orderToDecoded(operand: RawValue): OrderToOperand {
  const right = decoded(operand)
  const rank = canonicalRank(operand.type)
  return (buf, type, at) =>
    canonicalRank(type) === rank ? compareValues(decodeValue(buf, type, at), right) : Number.NaN
}

function decoded({ buf, type, at }: RawValue): Value {
  return decodeValue(buf, type, at)
}

/** The operand as a JavaScript number, or undefined when it is none exactly. */
export function exactNumber(operand: RawValue): number | undefined {
  if (operand.type === BsonType.int) return readInt32(operand.buf, operand.at)
  if (operand.type === BsonType.double) return operand.buf.readDoubleLE(operand.at)
  if (operand.type === BsonType.long) {
    const long = operand.buf.readBigInt64LE(operand.at)
    if (BigInt(Number(long)) === long) return Number(long)
  }
  if (operand.type === BsonType.decimal) {
    const decimal = decoded(operand) as Decimal128
    const nearest = decimalToDouble(decimal)
    if (compareNumbers(decimal, new Double(nearest)) === 0) return nearest
  }
  return undefined
}

/** The int64 at an offset, if it is less than 2^53 away from zero; else NaN. */
export function safeLong(buf: Buffer, at: number): number {
  const high = readInt32(buf, at + 4)
  if (high < -0x200000 || high >= 0x200000) return Number.NaN
  return high * 0x1_0000_0000 + (readInt32(buf, at) >>> 0)
}

function equalsNumber(operand: RawValue): ValueTest {
  const n = exactNumber(operand)
  if (n === undefined || Number.isNaN(n)) return withOrder('eq', orderToNumber(operand))
  const order = orderToNumber(operand)
  return (buf, type, at) => {
    switch (type) {
      case BsonType.int:
        return readInt32(buf, at) === n
      case BsonType.double:
        return buf.readDoubleLE(at) === n
      case BsonType.long:
      case BsonType.decimal:
        return order(buf, type, at) === 0
      default:
        return false
    }
  }
}

function orderToNumber(operand: RawValue): OrderToOperand {
  const right = decoded(operand) as NumericValue
  if (compareNumbers(right, NOT_A_NUMBER) === 0) return orderToNaN
  const n = exactNumber(operand)
  const exactly = (buf: Buffer, type: number, at: number) => {
    const left = decodeValue(buf, type, at) as NumericValue
    return compareNumbers(left, NOT_A_NUMBER) === 0 ? Number.NaN : compareNumbers(left, right)
  }
  return (buf, type, at) => {
    if (n !== undefined) {
      if (type === BsonType.int) return orderOf(readInt32(buf, at), n)
      if (type === BsonType.double) return orderOf(buf.readDoubleLE(at), n)
      if (type === BsonType.long) {
        const long = safeLong(buf, at)
        return Number.isNaN(long) ? exactly(buf, type, at) : orderOf(long, n)
      }
    }
    return isNumericType(type) ? exactly(buf, type, at) : Number.NaN
  }
}

const NOT_A_NUMBER = new Double(Number.NaN)

/** NaN equals only itself and is neither below nor above a number. */
const orderToNaN: OrderToOperand = (buf, type, at) =>
  isNumericType(type) &&
  compareNumbers(decodeValue(buf, type, at) as NumericValue, NOT_A_NUMBER) === 0
    ? 0
    : Number.NaN

function orderOf(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN
}

function equalsString({ buf: right, at: rightAt }: RawValue): ValueTest {
  const size = readInt32(right, rightAt)
  const from = rightAt + 4
  return (buf, type, at) => {
    if (type !== BsonType.string && type !== BsonType.symbol) return false
    if (readInt32(buf, at) !== size) return false
    const start = at + 4
    for (let i = 0; i < size; i++) if (buf[start + i] !== right[from + i]) return false
    return true
  }
}

function orderToString({ buf: right, at: rightAt }: RawValue): OrderToOperand {
  const from = rightAt + 4
  const end = from + readInt32(right, rightAt) - 1
  return (buf, type, at) =>
    type === BsonType.string || type === BsonType.symbol
      ? orderOfBytes(buf, at + 4, at + 3 + readInt32(buf, at), right, from, end)
      : Number.NaN
}

/** Strings rarely agree in many bytes, so a loop beats a native call. */
function orderOfBytes(
  a: Buffer,
  fromA: number,
  endA: number,
  b: Buffer,
  fromB: number,
  endB: number,
): number {
  const sizeA = endA - fromA
  const sizeB = endB - fromB
  const size = Math.min(sizeA, sizeB)
  for (let i = 0; i < size; i++) {
    const order = a[fromA + i] - b[fromB + i]
    if (order !== 0) return order
  }
  return sizeA - sizeB
}

function orderToDate({ buf: right, at: rightAt }: RawValue): OrderToOperand {
  const high = readInt32(right, rightAt + 4)
  const low = readInt32(right, rightAt) >>> 0
  return (buf, type, at) => {
    if (type !== BsonType.date) return Number.NaN
    return readInt32(buf, at + 4) - high || (readInt32(buf, at) >>> 0) - low
  }
}

function equalsObjectId({ buf: right, at: rightAt }: RawValue): ValueTest {
  const a = readInt32(right, rightAt)
  const b = readInt32(right, rightAt + 4)
  const c = readInt32(right, rightAt + 8)
  return (buf, type, at) =>
    type === BsonType.objectId &&
    readInt32(buf, at + 8) === c &&
    readInt32(buf, at + 4) === b &&
    readInt32(buf, at) === a
}

function orderToObjectId({ buf: right, at: rightAt }: RawValue): OrderToOperand {
  return (buf, type, at) =>
    type === BsonType.objectId
      ? orderOfBytes(buf, at, at + 12, right, rightAt, rightAt + 12)
      : Number.NaN
}

function orderToBool({ buf: right, at: rightAt }: RawValue): OrderToOperand {
  const wanted = right[rightAt] === 0 ? 0 : 1
  return (buf, type, at) => (type === BsonType.bool ? (buf[at] === 0 ? 0 : 1) - wanted : Number.NaN)
}

/** Equal bytes are equal values; others may still be, as numbers of different types are. */
function equalsNested(operand: RawValue): ValueTest {
  const { buf: right, at: from, size, type: wanted } = operand
  const order = orderToDecoded(operand)
  return (buf, type, at) => {
    if (type !== wanted) return false
    if (readInt32(buf, at) === size && buf.compare(right, from, from + size, at, at + size) === 0) {
      return true
    }
    return order(buf, type, at) === 0
  }
}
