import { BsonType } from './types.js'
import {
  Binary,
  BsonSymbol,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  type Doc,
  Double,
  ObjectId,
  Regex,
  Timestamp,
  typeOf,
  type Value,
} from './value.js'

/** A document as MongoDB writes it in messages: `{ a: 1, b: "x", c: [ 1.5, null ] }`. */
export function documentToText(doc: Doc): string {
  const fields = [...doc].map(([name, value]) => `${name}: ${valueToText(value)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

/** A value as MongoDB writes it in messages. */
export function valueToText(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof Map) return documentToText(value)
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[ ${value.map(valueToText).join(', ')} ]`
  }
  return rareValueToText(value)
}

function rareValueToText(value: Exclude<Value, null | boolean | string | number | bigint>): string {
  if (value instanceof Double) return doubleToText(value.value)
  if (value instanceof ObjectId) return `ObjectId('${value.toHexString()}')`
  if (value instanceof DateTime) return `new Date(${value.ms})`
  if (value instanceof Decimal128) return value.toString()
  if (value instanceof Timestamp) return `Timestamp(${value.t}, ${value.i})`
  if (value instanceof Binary)
    return `BinData(${value.subtype}, ${value.bytes.toString('hex').toUpperCase()})`
  if (value instanceof Regex) return `/${value.pattern}/${value.options}`
  if (value instanceof Code)
    return value.scope ? `CodeWScope(${value.code}, ${documentToText(value.scope)})` : value.code
  if (value instanceof BsonSymbol) return JSON.stringify(value.value)
  if (value instanceof DBPointer) return `DBRef('${value.namespace}', ${value.id.toHexString()})`
  const type = typeOf(value)
  return type === BsonType.minKey ? 'MinKey' : type === BsonType.maxKey ? 'MaxKey' : 'undefined'
}

function doubleToText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value)
}
