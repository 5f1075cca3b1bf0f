import { Decimal128, ObjectId } from 'bson'
import { BsonType, MISSING } from './types.js'

export { Decimal128, ObjectId }

/**
 * A decoded BSON value. Each BSON type has exactly one form here, so that a value
 * goes out with the type it came in with: a JavaScript number is always an int32,
 * a bigint always an int64, and a double is wrapped.
 */
export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | Double
  | Decimal128
  | ObjectId
  | DateTime
  | Timestamp
  | Binary
  | Regex
  | Code
  | DBPointer
  | BsonSymbol
  | Undefined
  | MinKey
  | MaxKey
  | Value[]
  | Doc

/** A decoded document. A Map, because plain objects reorder keys that look like integers. */
export type Doc = Map<string, Value>

export class Double {
  constructor(readonly value: number) {}
}

/** Milliseconds since 1970 UTC as the full int64 of BSON, which is wider than a JavaScript Date. */
export class DateTime {
  constructor(readonly ms: bigint) {}
  static fromMs(ms: number): DateTime {
    return new DateTime(BigInt(ms))
  }
}

/** Seconds `t` and ordinal `i`, both unsigned 32 bit. */
export class Timestamp {
  constructor(
    readonly t: number,
    readonly i: number,
  ) {}
}

export class Binary {
  constructor(
    readonly bytes: Buffer,
    readonly subtype = 0,
  ) {}
}

export class Regex {
  constructor(
    readonly pattern: string,
    readonly options = '',
  ) {}
}

/** JavaScript code; with a scope it is the type `javascriptWithScope`. */
export class Code {
  constructor(
    readonly code: string,
    readonly scope?: Doc,
  ) {}
}

export class DBPointer {
  constructor(
    readonly namespace: string,
    readonly id: ObjectId,
  ) {}
}

export class BsonSymbol {
  constructor(readonly value: string) {}
}

/** The deprecated BSON type `undefined`. A missing value is JavaScript's undefined instead. */
export class Undefined {
  readonly only = 'undefined'
}

export class MinKey {
  readonly only = 'minKey'
}

export class MaxKey {
  readonly only = 'maxKey'
}

/** The type byte of a decoded value; MISSING for JavaScript's undefined. */
export function typeOf(value: Value | undefined): number {
  switch (typeof value) {
    case 'string':
      return BsonType.string
    case 'number':
      return BsonType.int
    case 'bigint':
      return BsonType.long
    case 'boolean':
      return BsonType.bool
    case 'undefined':
      return MISSING
  }
  if (value === null) return BsonType.null
  if (value instanceof Map) return BsonType.object
  if (Array.isArray(value)) return BsonType.array
  if (value instanceof Code) {
    return value.scope ? BsonType.javascriptWithScope : BsonType.javascript
  }
  const type = typesByClass.get(value.constructor)
  if (type === undefined)
    throw new TypeError(`not a BSON value: ${Object.prototype.toString.call(value)}`)
  return type
}

const typesByClass = new Map<unknown, number>([
  [Double, BsonType.double],
  [Decimal128, BsonType.decimal],
  [ObjectId, BsonType.objectId],
  [DateTime, BsonType.date],
  [Timestamp, BsonType.timestamp],
  [Binary, BsonType.binData],
  [Regex, BsonType.regex],
  [DBPointer, BsonType.dbPointer],
  [BsonSymbol, BsonType.symbol],
  [Undefined, BsonType.undefined],
  [MinKey, BsonType.minKey],
  [MaxKey, BsonType.maxKey],
])
