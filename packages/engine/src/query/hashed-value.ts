import { createHash, type Hash } from 'node:crypto'
import {
  BsonType,
  canonicalRank,
  type Decimal128,
  decodeValue,
  exactDecimal,
  isNumericType,
  MISSING,
  readInt32,
  skipCString,
  someElement,
  valueSize,
} from '@gantry/bson'

const SEED = Buffer.alloc(4)

/** What a hashed index holds for a value: half of an MD5 of it, the same as a MongoDB server makes. Numbers of all types that are equal have one hash. */
export function hashValue(buf: Buffer, type: number, at: number): bigint {
  const hash = createHash('md5').update(SEED)
  // A missing value counts as null.
  addValue(hash, buf, type === MISSING ? BsonType.null : type, at)
  return hash.digest().readBigInt64LE(0)
}

function addValue(hash: Hash, buf: Buffer, type: number, at: number): void {
  addInt(hash, rankOf(type))
  addPayload(hash, buf, type, at)
}

function addPayload(hash: Hash, buf: Buffer, type: number, at: number): void {
  if (isNumericType(type)) return addLong(hash, wholePart(buf, type, at))
  if (type === BsonType.object || type === BsonType.array) return addElements(hash, buf, at)
  if (type === BsonType.javascriptWithScope) {
    const size = readInt32(buf, at + 4)
    hash.update(buf.subarray(at + 8, at + 8 + size))
    return addElements(hash, buf, at + 8 + size)
  }
  hash.update(buf.subarray(at, at + valueSize(buf, type, at)))
}

/** Elements with their names, and the mark of their end. */
function addElements(hash: Hash, buf: Buffer, doc: number): void {
  someElement(buf, doc, (type, at, nameAt) => {
    addInt(hash, rankOf(type))
    hash.update(buf.subarray(nameAt, skipCString(buf, nameAt)))
    addPayload(hash, buf, type, at)
    return false
  })
  addInt(hash, 0)
}

/** MongoDB's own numbers for what compares with each other. */
function rankOf(type: number): number {
  if (type === BsonType.minKey) return -1
  return type === BsonType.undefined ? 0 : canonicalRank(type)
}

function addInt(hash: Hash, value: number): void {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32LE(value)
  hash.update(bytes)
}

function addLong(hash: Hash, value: bigint): void {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64LE(value)
  hash.update(bytes)
}

const LOWEST = -(2n ** 63n)
const HIGHEST = 2n ** 63n - 1n

/** A number without its fraction as an int64; what is beyond counts as the end, NaN as zero. */
function wholePart(buf: Buffer, type: number, at: number): bigint {
  switch (type) {
    case BsonType.int:
      return BigInt(readInt32(buf, at))
    case BsonType.long:
      return buf.readBigInt64LE(at)
    case BsonType.double:
      return wholeDouble(buf.readDoubleLE(at))
    default:
      return wholeDecimal(decodeValue(buf, type, at) as Decimal128)
  }
}

function wholeDouble(value: number): bigint {
  if (Number.isNaN(value)) return 0n
  if (!Number.isFinite(value)) return value < 0 ? LOWEST : HIGHEST
  return bounded(BigInt(Math.trunc(value)))
}

function wholeDecimal(value: Decimal128): bigint {
  const exact = exactDecimal(value)
  if (typeof exact === 'number') return wholeDouble(exact)
  const { coefficient, exponent } = exact
  if (exponent >= 0) return bounded(coefficient * 10n ** BigInt(Math.min(exponent, 20)))
  return bounded(coefficient / 10n ** BigInt(Math.min(-exponent, 40)))
}

function bounded(value: bigint): bigint {
  if (value < LOWEST) return LOWEST
  return value > HIGHEST ? HIGHEST : value
}
