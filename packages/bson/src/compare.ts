/**
 * MongoDB's comparison order over all types
 * (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/).
 */
import { decimalParts, decimalToDouble, digitCount } from './decimal.js'
import { canonicalRank } from './types.js'
import {
  type Binary,
  BsonSymbol,
  type Code,
  type DateTime,
  type DBPointer,
  Decimal128,
  type Doc,
  type Double,
  type ObjectId,
  type Regex,
  type Timestamp,
  typeOf,
  type Value,
} from './value.js'

export type NumericValue = number | bigint | Double | Decimal128

/** Below, at or above zero as `a` sorts before, with or after `b`. Missing (undefined) sorts with the BSON type undefined, below null. */
export function compareValues(a: Value | undefined, b: Value | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  const typeA = typeOf(a)
  const typeB = typeOf(b)
  const rank = canonicalRank(typeA)
  const order = rank - canonicalRank(typeB)
  if (order !== 0) return order
  return compareSameRank(rank, a as Value, b as Value)
}

export function valuesEqual(a: Value | undefined, b: Value | undefined): boolean {
  return compareValues(a, b) === 0
}

function compareSameRank(rank: number, a: Value, b: Value): number {
  switch (rank) {
    case 10:
      return compareNumbers(a as NumericValue, b as NumericValue)
    case 15:
      return compareStrings(textOf(a), textOf(b))
    case 20:
      return compareDocuments(a as Doc, b as Doc)
    case 25:
      return compareArrays(a as Value[], b as Value[])
    case 30:
      return compareBinaries(a as Binary, b as Binary)
    case 35:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id)
    case 40:
      return Number(a) - Number(b)
    case 45:
      return compareBigInts((a as DateTime).ms, (b as DateTime).ms)
    case 47:
      return (a as Timestamp).t - (b as Timestamp).t || (a as Timestamp).i - (b as Timestamp).i
    case 50:
      return (
        compareStrings((a as Regex).pattern, (b as Regex).pattern) ||
        compareStrings((a as Regex).options, (b as Regex).options)
      )
    case 55:
      return comparePointers(a as DBPointer, b as DBPointer)
    case 60:
    case 65:
      return compareCode(a as Code, b as Code)
    default:
      return 0
  }
}

function textOf(value: Value): string {
  return value instanceof BsonSymbol ? value.value : (value as string)
}

/** By UTF-8 bytes, which is by code points; JavaScript's own order differs once surrogates meet U+E000 and above. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return codePointOrder(x) - codePointOrder(y)
  }
  return a.length - b.length
}

/** Lifts surrogates above all other UTF-16 units. */
function codePointOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

function compareDocuments(a: Doc, b: Doc): number {
  const left = a.entries()
  const right = b.entries()
  for (;;) {
    const x = left.next()
    const y = right.next()
    if (x.done || y.done) return Number(y.done ?? false) - Number(x.done ?? false)
    const [nameA, valueA] = x.value
    const [nameB, valueB] = y.value
    const order =
      canonicalRank(typeOf(valueA)) - canonicalRank(typeOf(valueB)) ||
      compareStrings(nameA, nameB) ||
      compareValues(valueA, valueB)
    if (order !== 0) return order
  }
}

function compareArrays(a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareBinaries(a: Binary, b: Binary): number {
  return (
    a.bytes.length - b.bytes.length || a.subtype - b.subtype || Buffer.compare(a.bytes, b.bytes)
  )
}

function comparePointers(a: DBPointer, b: DBPointer): number {
  return (
    Buffer.byteLength(a.namespace) - Buffer.byteLength(b.namespace) ||
    compareStrings(a.namespace, b.namespace) ||
    Buffer.compare(a.id.id, b.id.id)
  )
}

function compareCode(a: Code, b: Code): number {
  return (
    compareStrings(a.code, b.code) || compareDocuments(a.scope ?? new Map(), b.scope ?? new Map())
  )
}

function compareBigInts(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Compares numbers of any of the four types by their exact value. NaN is below all others and equal to itself. */
export function compareNumbers(a: NumericValue, b: NumericValue): number {
  if (a instanceof Decimal128 || b instanceof Decimal128) return compareWithDecimal(a, b)
  if (typeof a === 'bigint' && typeof b === 'bigint') return compareBigInts(a, b)
  const x = typeof a === 'object' ? a.value : a
  const y = typeof b === 'object' ? b.value : b
  // A bigint and a number compare by exact mathematical value in JavaScript.
  if (x < y) return -1
  if (x > y) return 1
  // Neither below nor above: equal, or one of them is NaN.
  return Number(Number.isNaN(y)) - Number(Number.isNaN(x))
}

function compareWithDecimal(a: NumericValue, b: NumericValue): number {
  const x = approximate(a)
  const y = approximate(b)
  if (x < y) return -1
  if (x > y) return 1
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(y)) - Number(Number.isNaN(x))
  return compareExact(exactDecimal(a), exactDecimal(b))
}

function approximate(value: NumericValue): number {
  if (value instanceof Decimal128) return decimalToDouble(value)
  return typeof value === 'object' ? value.value : Number(value)
}

/** A number as `coefficient × 10^exponent`, the sign in the coefficient; infinities have none. */
export type ExactDecimal = { coefficient: bigint; exponent: number } | number

/** The exact decimal value of any number but NaN; plus or minus Infinity for infinities. */
export function exactDecimal(value: NumericValue): ExactDecimal {
  if (value instanceof Decimal128) {
    const parts = decimalParts(value)
    if (parts.kind === 'nan') return Number.NaN
    if (parts.kind === 'infinity') return parts.negative ? -Infinity : Infinity
    return {
      coefficient: parts.negative ? -parts.coefficient : parts.coefficient,
      exponent: parts.exponent,
    }
  }
  if (typeof value === 'object') return exactDouble(value.value)
  return { coefficient: BigInt(value), exponent: 0 }
}

function exactDouble(value: number): ExactDecimal {
  if (!Number.isFinite(value)) return value
  if (Number.isInteger(value)) return { coefficient: BigInt(value), exponent: 0 }
  let mantissa = value
  let halvings = 0
  // A double is an integer divided by a power of two: n / 2^k = n·5^k / 10^k.
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2
    halvings++
  }
  return { coefficient: BigInt(mantissa) * 5n ** BigInt(halvings), exponent: -halvings }
}

function compareExact(a: ExactDecimal, b: ExactDecimal): number {
  if (typeof a === 'number' || typeof b === 'number') {
    const x = typeof a === 'number' ? a : 0
    const y = typeof b === 'number' ? b : 0
    return x === y ? 0 : x < y ? -1 : 1
  }
  const sign = signOf(a.coefficient)
  const order = sign - signOf(b.coefficient)
  if (order !== 0 || sign === 0) return order
  const magnitude =
    a.exponent +
    digitCount(a.coefficient * BigInt(sign)) -
    (b.exponent + digitCount(b.coefficient * BigInt(sign)))
  if (magnitude !== 0) return magnitude * sign
  const exponent = Math.min(a.exponent, b.exponent)
  return compareBigInts(
    a.coefficient * 10n ** BigInt(a.exponent - exponent),
    b.coefficient * 10n ** BigInt(b.exponent - exponent),
  )
}

function signOf(value: bigint): number {
  return value > 0n ? 1 : value < 0n ? -1 : 0
}
