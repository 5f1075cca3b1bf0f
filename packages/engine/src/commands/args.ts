/**
 * Arguments of commands as a table: what a command takes, with types and defaults; reading
 * them, and MongoDB's errors about wrong, missing and unknown ones, follow from it.
 */
import {
  BsonType,
  decodeValue,
  isNumericType,
  RawValue,
  readString,
  someElement,
  typeAlias,
  type Value,
  valueSize,
} from '@gantry/bson'
import { CommandError } from '../errors.js'
import { toNumber, toWhole } from './long.js'

/** How one argument is read. */
export interface Arg<T> {
  /** `field` is the full name for messages, such as `find.filter`. */
  readonly read: (value: RawValue, field: string) => T
  /** What it is when it is not given, always the same; without it the argument is required. */
  readonly fallback?: () => T
  /** The error when a required one is not given, where it is not the usual one. */
  readonly missing?: () => CommandError
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

/** Whether a value of any type says yes: anything but zero, false, null and undefined. */
export function isTrue(value: RawValue): boolean {
  if (value.type === BsonType.bool) return value.buf[value.at] !== 0
  if (isNumericType(value.type)) return toNumber(value) !== 0
  return isGiven(value)
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
