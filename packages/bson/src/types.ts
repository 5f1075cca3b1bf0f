/** The type byte that stands before each element of a BSON document (https://bsonspec.org). */
export const BsonType = {
  double: 0x01,
  string: 0x02,
  object: 0x03,
  array: 0x04,
  binData: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  bool: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  dbPointer: 0x0c,
  javascript: 0x0d,
  symbol: 0x0e,
  javascriptWithScope: 0x0f,
  int: 0x10,
  timestamp: 0x11,
  long: 0x12,
  decimal: 0x13,
  maxKey: 0x7f,
  minKey: 0xff,
} as const

/** Stands where a type byte is expected and no element is there. No BSON element has it. */
export const MISSING = 0x00

/** The aliases that `$type` takes and error messages show, by type byte. */
const aliases = new Map<number, string>([
  [MISSING, 'missing'],
  [BsonType.double, 'double'],
  [BsonType.string, 'string'],
  [BsonType.object, 'object'],
  [BsonType.array, 'array'],
  [BsonType.binData, 'binData'],
  [BsonType.undefined, 'undefined'],
  [BsonType.objectId, 'objectId'],
  [BsonType.bool, 'bool'],
  [BsonType.date, 'date'],
  [BsonType.null, 'null'],
  [BsonType.regex, 'regex'],
  [BsonType.dbPointer, 'dbPointer'],
  [BsonType.javascript, 'javascript'],
  [BsonType.symbol, 'symbol'],
  [BsonType.javascriptWithScope, 'javascriptWithScope'],
  [BsonType.int, 'int'],
  [BsonType.timestamp, 'timestamp'],
  [BsonType.long, 'long'],
  [BsonType.decimal, 'decimal'],
  [BsonType.maxKey, 'maxKey'],
  [BsonType.minKey, 'minKey'],
])

const typesByAlias = new Map([...aliases].map(([type, alias]) => [alias, type]))

/** MongoDB's name for a type byte, as `$type` in an aggregation answers it. */
export function typeAlias(type: number): string {
  return aliases.get(type) ?? `unknown(${type})`
}

/** The type byte of an alias such as `objectId`, or undefined when there is none. */
export function typeOfAlias(alias: string): number | undefined {
  return typesByAlias.get(alias)
}

export function isNumericType(type: number): boolean {
  return (
    type === BsonType.int ||
    type === BsonType.double ||
    type === BsonType.long ||
    type === BsonType.decimal
  )
}

const canonicalOrder = new Uint8Array(256)
for (const [type, rank] of [
  [BsonType.minKey, 1],
  [MISSING, 2],
  [BsonType.undefined, 2],
  [BsonType.null, 5],
  [BsonType.int, 10],
  [BsonType.double, 10],
  [BsonType.long, 10],
  [BsonType.decimal, 10],
  [BsonType.string, 15],
  [BsonType.symbol, 15],
  [BsonType.object, 20],
  [BsonType.array, 25],
  [BsonType.binData, 30],
  [BsonType.objectId, 35],
  [BsonType.bool, 40],
  [BsonType.date, 45],
  [BsonType.timestamp, 47],
  [BsonType.regex, 50],
  [BsonType.dbPointer, 55],
  [BsonType.javascript, 60],
  [BsonType.javascriptWithScope, 65],
  [BsonType.maxKey, 127],
] as const) {
  canonicalOrder[type] = rank
}

/** The rank of a type in MongoDB's comparison order across types; types that compare with each other share one. Always above zero. */
export function canonicalRank(type: number): number {
  return canonicalOrder[type]
}
