import {
  Binary,
  BsonSymbol,
  BsonType,
  Code,
  DateTime,
  DBPointer,
  Decimal128,
  Double,
  decodeDocument,
  encodeDocument,
  MaxKey,
  MinKey,
  ObjectId,
  RawValue,
  Regex,
  Timestamp,
  Undefined,
  type Value,
  type Writable,
} from '@gantry/bson'
import type * as Mongodb from 'mongodb'
import { AppError } from '../../errors.js'

/** The official driver, which is loaded only where it is used. */
export type Driver = Omit<typeof Mongodb, 'default'>

/** How the driver is to read replies, so that `fromReply` finds every type as it was. */
export const EXACT_REPLIES = {
  raw: true,
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const

/** Subtype 2 has its length once more inside, which the driver writes by itself. */
const OLD_BINARY = 2

/**
 * A value as the driver takes it. Documents become Maps, which it writes in their order.
 * Throws `unsupported` for what no current driver can send.
 */
export function toDriver(driver: Driver, value: Writable): unknown {
  if (value instanceof RawValue) return toDriver(driver, valueIn(value))
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => toDriver(driver, item))
  if (value instanceof Map) return mapped(driver, value)
  if (value instanceof ObjectId || value instanceof Decimal128) return value
  if (value instanceof Double) return new driver.Double(value.value)
  if (value instanceof DateTime) return dateOf(value)
  if (value instanceof Binary) return binaryOf(driver, value)
  return toRareDriver(driver, value)
}

/** The fields of a command, in a plain object, as the driver looks at the first of them. */
export function commandToDriver(
  driver: Driver,
  command: { readonly [field: string]: Writable | undefined },
): Mongodb.Document {
  const fields = Object.entries(command).filter(([, value]) => value !== undefined)
  return Object.fromEntries(fields.map(([name, value]) => [name, toDriver(driver, value as Value)]))
}

function toRareDriver(driver: Driver, value: object): unknown {
  if (value instanceof Timestamp) return new driver.Timestamp({ t: value.t, i: value.i })
  if (value instanceof Regex) return new driver.BSONRegExp(value.pattern, value.options)
  if (value instanceof Code) {
    const scope = value.scope && mapped(driver, value.scope)
    return new driver.Code(value.code, scope as Mongodb.Document | undefined)
  }
  if (value instanceof BsonSymbol) return new driver.BSONSymbol(value.value)
  if (value instanceof MinKey) return new driver.MinKey()
  if (value instanceof MaxKey) return new driver.MaxKey()
  if (value instanceof Undefined || value instanceof DBPointer) {
    const type = value instanceof Undefined ? 'undefined' : 'dbPointer'
    const message = `the deprecated BSON type ${type} cannot be written to an attached MongoDB`
    throw new AppError('unsupported', message)
  }
  const fields = Object.entries(value as Record<string, Writable | undefined>)
  return mapped(driver, fields.filter(([, field]) => field !== undefined) as [string, Writable][])
}

function mapped(driver: Driver, fields: Iterable<readonly [string, Writable]>) {
  const map = new Map<string, unknown>()
  for (const [name, value] of fields) map.set(name, toDriver(driver, value))
  return map
}

function valueIn({ buf, type, at, size }: RawValue): Value {
  if (type === BsonType.object) return decodeDocument(buf, at)
  const wrapped = encodeDocument({ value: new RawValue(buf, type, at, size) })
  return decodeDocument(wrapped).get('value') as Value
}

/** A date outside of what JavaScript's can say; the driver only asks it for its time. */
class WideDate extends Date {
  constructor(private readonly ms: number) {
    super(0)
  }
  override getTime(): number {
    return this.ms
  }
}

function dateOf({ ms }: DateTime): Date {
  const date = new Date(Number(ms))
  return Number.isNaN(date.getTime()) ? new WideDate(Number(ms)) : date
}

function binaryOf(driver: Driver, { bytes, subtype }: Binary): Mongodb.Binary {
  const inner = subtype === OLD_BINARY && bytes.length >= 4 && bytes.readInt32LE(0)
  const content = inner === bytes.length - 4 ? bytes.subarray(4) : bytes
  return new driver.Binary(content, subtype)
}

/** A reply that was read with `EXACT_REPLIES`, as BSON; documents in it are copied as they are. */
export function fromReply(reply: Mongodb.Document): Buffer {
  return encodeDocument(new Map(Object.entries(reply).map(([name, v]) => [name, fromDriver(v)])))
}

type Tagged = { readonly _bsontype?: string }

function fromDriver(value: unknown): Writable {
  if (value === undefined) return new Undefined()
  if (typeof value !== 'object' || value === null) return value as Writable
  if (value instanceof Uint8Array) return RawValue.document(bytesOf(value))
  if (Array.isArray(value)) return value.map(fromDriver)
  if (value instanceof Date) return new DateTime(BigInt(value.getTime()))
  switch ((value as Tagged)._bsontype) {
    // The driver has classes of its own, from its own copy of the package that ours are from.
    case 'ObjectId':
      return new ObjectId((value as Mongodb.ObjectId).id)
    case 'Decimal128':
      return new Decimal128((value as Mongodb.Decimal128).bytes)
    case 'Int32':
      return (value as Mongodb.Int32).value
    case 'Double':
      return new Double((value as Mongodb.Double).value)
    case 'Long':
      return (value as Mongodb.Long).toBigInt()
    case 'Timestamp': {
      const { t, i } = value as Mongodb.Timestamp
      return new Timestamp(t, i)
    }
    case 'Binary': {
      const { buffer, position, sub_type } = value as Mongodb.Binary
      return new Binary(bytesOf(buffer.subarray(0, position)), sub_type)
    }
    case 'BSONRegExp': {
      const { pattern, options } = value as Mongodb.BSONRegExp
      return new Regex(pattern, options)
    }
    case 'BSONSymbol':
      return new BsonSymbol((value as Mongodb.BSONSymbol).value)
    case 'Code':
      return new Code((value as Mongodb.Code).code)
    case 'MinKey':
      return new MinKey()
    case 'MaxKey':
      return new MaxKey()
    default:
      throw new TypeError('a reply holds a value of an unknown type')
  }
}

/** The same bytes as a `Buffer`. */
export function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}
