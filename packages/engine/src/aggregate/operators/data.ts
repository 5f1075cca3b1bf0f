/** Operators on what a value is made of: `$binarySize`, `$isNumber`, `$type`, `$tsSecond`, `$tsIncrement`, `$toHashedIndexKey`. */
import { createHash } from 'node:crypto'
import { Binary, BsonType, encodeValue, Timestamp, typeOf, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { toDouble } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { type OperatorParser, unary } from './arguments.js'

export const binarySize: OperatorParser = unary((value) => {
  if (isNullish(value)) return null
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (value instanceof Binary) return value.bytes.length
  throw new CommandError(
    51276,
    `$binarySize requires a string or BinData argument, found: ${typeName(value)}`,
  )
})

export const isNumber: OperatorParser = unary((value) => isNumeric(value))

export const type: OperatorParser = unary((value) => typeName(value))

function timestampPart(name: string, read: (value: Timestamp) => number): OperatorParser {
  return unary((value) => {
    if (isNullish(value)) return null
    if (value instanceof Timestamp) return BigInt(read(value))
    throw new CommandError(
      5687301,
      `Argument to ${name} must be a timestamp, but is ${typeName(value)}`,
    )
  })
}

export const tsSecond = timestampPart('$tsSecond', ({ t }) => t)
export const tsIncrement = timestampPart('$tsIncrement', ({ i }) => i)

/** The key that a hashed index holds for a value: the first half of an MD5. */
export const toHashedIndexKey: OperatorParser = unary((value) => {
  const hash = createHash('md5')
  // Hashes start with a seed of zero.
  hash.update(Buffer.alloc(4))
  hashValue(hash, value ?? null)
  return hash.digest().readBigInt64LE(0)
})

/** Numbers hash by their value as int64, so that all numeric types meet. */
function hashValue(hash: ReturnType<typeof createHash>, value: Value): void {
  const raw = encodeValue(isNumeric(value) ? truncated(toDouble(value), value) : value)
  const header = Buffer.alloc(4)
  header.writeInt32LE(canonicalType(value))
  hash.update(header)
  hash.update(raw.buf)
}

function truncated(double: number, value: Value): bigint {
  if (typeof value === 'bigint') return value
  if (Number.isNaN(double)) return 0n
  if (double >= 2 ** 63) return 2n ** 63n - 1n
  if (double <= -(2 ** 63)) return -(2n ** 63n)
  return BigInt(Math.trunc(double))
}

function canonicalType(value: Value): number {
  const type = typeOf(value)
  if (isNumeric(value)) return 10
  return type === BsonType.string || type === BsonType.symbol ? 15 : type
}
