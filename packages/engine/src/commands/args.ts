/**
 * Arguments of commands as a table: what a command takes, with types and defaults; reading
 * them, and MongoDB's errors about wrong, missing and unknown ones, follow from it.
 */
import {
  BsonType,
  decodeValue,
  isNumericType,
  RawValue,
  readName,
  readString,
  skipCString,
  someElement,
  typeAlias,
  type Value,
  valueSize,
} from '@gantry/bson'
import type { CommandMessage } from '../engine.js'
import { CommandError } from '../errors.js'
import { toNumber, toWhole } from './long.js'

/** How one argument is read. */
export interface Arg<T> {
  /** `field` is the full name for messages, such as `find.filter`. */
  readonly read: (value: RawValue, field: string) => T
  /** What it is when it is not given; without it the argument is required. */
  readonly fallback?: () => T
  /** Reads null, too; for other arguments, null is as good as not given. */
  readonly takesNull?: boolean
  /** May also come as a document sequence of OP_MSG. */
  readonly sequence?: boolean
}

export type ArgTable = Readonly<Record<string, Arg<unknown>>>
export type ArgsOf<T extends ArgTable> = {
  readonly [K in keyof T]: T[K] extends Arg<infer V> ? V : never
}

/** The argument need not be given, and is undefined then. */
export function optional<T>(arg: Arg<T>): Arg<T | undefined> {
  return { ...arg, takesNull: false, fallback: () => undefined }
}

/** The argument need not be given, and has this value then. */
export function withDefault<T>(arg: Arg<T>, value: T): Arg<T> {
  return { ...arg, fallback: () => value }
}

export function wrongType(field: string, value: RawValue, expected: string): CommandError {
  return new CommandError(
    'TypeMismatch',
    `BSON field '${field}' is the wrong type '${typeAlias(value.type)}', expected type${expected.includes(',') ? 's' : ''} '${expected.includes(',') ? `[${expected}]` : expected}'`,
  )
}

/** Says whether a value counts as given: drivers send null for what the caller left open. */
export function isGiven({ type }: RawValue): boolean {
  return type !== BsonType.null && type !== BsonType.undefined
}

function typed<T>(type: number, expected: string, read: (value: RawValue) => T): Arg<T> {
  return {
    read(value, field) {
      if (value.type !== type) throw wrongType(field, value, expected)
      return read(value)
    },
  }
}

const string = typed(BsonType.string, 'string', (value) => readString(value.buf, value.at))
const document = typed(BsonType.object, 'object', (value) => value)

function number(read: (value: RawValue, field: string) => number): Arg<number> {
  return {
    read(value, field) {
      if (!isNumericType(value.type)) throw wrongType(field, value, 'long, int, decimal, double')
      return read(value, field)
    },
  }
}

/** Whole numbers from a least one up. */
function wholeFrom(least: number): Arg<number> {
  return number((value, field) => {
    const whole = toWhole(value)
    if (whole >= least) return whole
    throw new CommandError(
      'BadValue',
      `BSON field '${field}' value must be >= ${least}, actual value '${whole}'`,
    )
  })
}

const bool: Arg<boolean> = {
  read(value, field) {
    if (value.type === BsonType.bool) return value.buf[value.at] !== 0
    if (isNumericType(value.type)) return toNumber(value) !== 0
    throw wrongType(field, value, 'bool, long, int, decimal, double')
  },
}

/** The elements of an array value. */
export function elementsOf(array: RawValue): RawValue[] {
  const elements: RawValue[] = []
  someElement(array.buf, array.at, (type, at) => {
    elements.push(new RawValue(array.buf, type, at, valueSize(array.buf, type, at)))
    return false
  })
  return elements
}

const documents: Arg<readonly RawValue[]> = {
  sequence: true,
  read(value, field) {
    if (value.type !== BsonType.array) throw wrongType(field, value, 'array')
    return elementsOf(value).map((element, i) => {
      if (element.type !== BsonType.object) throw wrongType(`${field}.${i}`, element, 'object')
      return element
    })
  },
}

const array: Arg<readonly RawValue[]> = {
  read(value, field) {
    if (value.type !== BsonType.array) throw wrongType(field, value, 'array')
    return elementsOf(value)
  },
}

/** One of a few words. */
function oneOf<T extends string>(words: readonly T[]): Arg<T> {
  return {
    read(value, field) {
      const text = string.read(value, field)
      const word = words.find((known) => known === text)
      if (word !== undefined) return word
      throw new CommandError(
        'BadValue',
        `Enumeration value '${text}' for field '${field}' is not a valid value.`,
      )
    },
  }
}

/** A collection's name as the command's own argument. Other checks of names come with the namespace. */
const collectionName: Arg<string> = {
  takesNull: true,
  read(value, field) {
    if (value.type === BsonType.string) return readString(value.buf, value.at)
    throw new CommandError(
      'InvalidNamespace',
      `collection name has invalid type ${typeAlias(value.type)} for ${field}`,
    )
  },
}

export const arg = {
  string,
  document,
  bool,
  documents,
  array,
  collectionName,
  oneOf,
  /** `true` or `false`, where numbers will not do. */
  strictBool: typed(BsonType.bool, 'bool', (value) => value.buf[value.at] !== 0),
  number: number(toNumber),
  /** A number made whole. */
  long: number(toWhole),
  /** A number made whole, from zero up. */
  count: wholeFrom(0),
  /** What sizes in a reply are divided by. */
  scale: wholeFrom(1),
  binary: typed(BsonType.binData, 'binData', (value) => value),
  /** Anything, as it lies. */
  any: { takesNull: true, read: (value: RawValue) => value } as Arg<RawValue>,
  /** Anything, decoded. */
  value: {
    takesNull: true,
    read: (value: RawValue) => decodeValue(value.buf, value.type, value.at),
  } as Arg<Value>,
} as const

/** Arguments that every command takes; what they mean is not the command's business. */
const generic: ReadonlySet<string> = new Set([
  '$db',
  'lsid',
  '$clusterTime',
  '$readPreference',
  '$audit',
  '$client',
  '$configServerState',
  '$queryOptions',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
  'maxTimeMSOpOnly',
  'comment',
  'txnNumber',
  'autocommit',
  'startTransaction',
  'stmtId',
  'stmtIds',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'mayBypassWriteBlocking',
  'databaseVersion',
  'shardVersion',
  'rawData',
  'serialization_context',
])

/** Says whether an argument is one that every command takes. */
export function isGenericArg(name: string): boolean {
  return generic.has(name)
}

/** Reads a command's arguments from its message, and collects the generic ones. The first element is the argument under the command's own name, also where an alias was called. */
export function readArgs<T extends ArgTable>(
  command: string,
  table: T,
  { body, sequences }: CommandMessage,
  genericArgs: Record<string, RawValue> = {},
  takesAnything = false,
): ArgsOf<T> {
  const values: Record<string, unknown> = {}
  let at = 4
  for (let type = body[at]; type !== 0; type = body[at]) {
    const name = at === 4 ? command : readName(body, at + 1)
    const valueAt = skipCString(body, at + 1)
    const size = valueSize(body, type, valueAt)
    const own = Object.hasOwn(table, name) ? table[name] : undefined
    if (own) {
      if (name in values) throw duplicateArgument(command, name)
      const value = new RawValue(body, type, valueAt, size)
      if (own.takesNull || isGiven(value)) {
        values[name] = own.read(value, `${command}.${name}`)
      }
    } else if (generic.has(name)) {
      genericArgs[name] = new RawValue(body, type, valueAt, size)
    } else if (!takesAnything) {
      throw new CommandError(
        'UnknownFieldIDL',
        `BSON field '${command}.${name}' is an unknown field.`,
      )
    }
    at = valueAt + size
  }
  if (sequences)
    for (const [name, docs] of sequences) addSequence(command, table, values, name, docs)
  for (const name of Object.keys(table)) {
    if (name in values) continue
    const { fallback } = table[name]
    if (!fallback) {
      throw new CommandError(
        'MissingFieldIDL',
        `BSON field '${command}.${name}' is missing but a required field`,
      )
    }
    values[name] = fallback()
  }
  return values as ArgsOf<T>
}

function addSequence(
  command: string,
  table: ArgTable,
  values: Record<string, unknown>,
  name: string,
  docs: readonly Buffer[],
): void {
  if (!table[name]?.sequence) {
    throw new CommandError(
      'UnknownFieldIDL',
      `BSON field '${command}.${name}' is an unknown field.`,
    )
  }
  if (name in values) throw duplicateArgument(command, name)
  values[name] = docs.map((doc) => RawValue.document(doc))
}

function duplicateArgument(command: string, name: string): CommandError {
  return new CommandError(
    'DuplicateFieldIDL',
    `BSON field '${command}.${name}' is a duplicate field`,
  )
}

/** Reads a document inside a command (an update statement, a cursor's options) by a table of its own. */
export function readDocument<T extends ArgTable>(
  field: string,
  table: T,
  value: RawValue,
): ArgsOf<T> {
  const values: Record<string, unknown> = {}
  const { buf } = value
  someElement(buf, value.at, (type, at, nameAt) => {
    const name = readName(buf, nameAt)
    const own = Object.hasOwn(table, name) ? table[name] : undefined
    if (!own) {
      throw new CommandError(
        'UnknownFieldIDL',
        `BSON field '${field}.${name}' is an unknown field.`,
      )
    }
    const value = new RawValue(buf, type, at, valueSize(buf, type, at))
    if (own.takesNull || isGiven(value)) values[name] = own.read(value, `${field}.${name}`)
    return false
  })
  for (const name of Object.keys(table)) {
    if (name in values) continue
    const { fallback } = table[name]
    if (!fallback) {
      throw new CommandError(
        'MissingFieldIDL',
        `BSON field '${field}.${name}' is missing but a required field`,
      )
    }
    values[name] = fallback()
  }
  return values as ArgsOf<T>
}
