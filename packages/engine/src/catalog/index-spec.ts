/** What an index may be specified to be: `createIndexes` and `collMod` check it here. */
import {
  compareValues,
  Decimal128,
  type Doc,
  Double,
  encodeDocument,
  encodeValue,
  isNumericType,
  typeAlias,
  typeOf,
  type Value,
} from '@gantry/bson'
import { documentText } from '../element-text.js'
import { CommandError } from '../errors.js'
import type { Filter } from '../query/filter.js'
import { parseFilter } from '../query/parse.js'

/** Options that an index may have here. Those of MongoDB that are missing are refused by name. */
const optionTypes: Readonly<Record<string, readonly string[]>> = {
  v: ['int', 'long', 'double'],
  key: ['object'],
  name: ['string'],
  unique: ['bool', 'int', 'long', 'double'],
  prepareUnique: ['bool', 'int', 'long', 'double'],
  sparse: ['bool', 'int', 'long', 'double'],
  background: ['bool', 'int', 'long', 'double'],
  hidden: ['bool'],
  partialFilterExpression: ['object'],
  ns: ['string'],
}

/** Booleans may be given as numbers; they are stored as booleans, and not at all when false. */
const switches = ['unique', 'prepareUnique', 'sparse', 'hidden']

/** Checks what `createIndexes` was given and returns the specification to store. */
export function normaliseIndexSpec(given: Doc): Doc {
  const key = given.get('key')
  if (!(key instanceof Map)) {
    throw new CommandError(
      'FailedToParse',
      'Error in specification: the index needs a key document',
    )
  }
  checkKeyPattern(key)
  for (const [option, value] of given) checkOption(given, option, value)
  const name = given.get('name')
  if (name === undefined) {
    throw new CommandError(
      'FailedToParse',
      "The 'name' field is a required property of an index specification",
    )
  }
  if (name === '') throw new CommandError('CannotCreateIndex', 'Index name cannot be empty')
  const spec: Doc = new Map<string, Value>([
    ['v', 2],
    ['key', key],
    ['name', name],
  ])
  for (const [option, value] of given) {
    if (switches.includes(option)) {
      if (isTrue(value)) spec.set(option, true)
    } else if (option === 'expireAfterSeconds') {
      spec.set(option, wholeSeconds(value))
    } else if (!['v', 'key', 'name', 'ns', 'background'].includes(option)) {
      spec.set(option, value)
    }
  }
  checkCombination(spec)
  return spec
}

/** Fields that an index may have; `multikey` has a bit for each. */
const MOST_FIELDS = 32

function checkKeyPattern(key: Doc): void {
  if (key.size === 0) throw new CommandError('CannotCreateIndex', 'Index keys cannot be empty.')
  if (key.size > MOST_FIELDS) {
    throw new CommandError(
      13103,
      `Index key pattern cannot have more than ${MOST_FIELDS} fields, found ${key.size}`,
    )
  }
  for (const [field, direction] of key) {
    if (field === '')
      throw new CommandError('CannotCreateIndex', 'Index keys cannot contain an empty field name.')
    checkFieldPath(field)
    if (typeof direction === 'string') {
      if (direction === 'hashed') continue
      throw refusedKind(direction)
    }
    const order = numeric(direction)
    if (order === undefined || Number.isNaN(order)) {
      throw new CommandError(
        'CannotCreateIndex',
        `Values in v:2 index key pattern cannot be of type ${typeAlias(typeOf(direction))}. Only numbers > 0, numbers < 0, and strings are allowed.`,
      )
    }
    if (order === 0) {
      throw new CommandError('CannotCreateIndex', 'Values in the index key pattern cannot be 0.')
    }
  }
}

/** Kinds of indexes that MongoDB has and this engine has not. */
const unsupportedKinds: ReadonlySet<string> = new Set(['text', '2d', '2dsphere', 'geoHaystack'])

function refusedKind(kind: string): CommandError {
  return new CommandError(
    'CannotCreateIndex',
    unsupportedKinds.has(kind)
      ? `'${kind}' indexes are not supported`
      : `Unknown index plugin '${kind}'`,
  )
}

function checkFieldPath(field: string): void {
  if (field.includes('$**')) {
    throw new CommandError('CannotCreateIndex', `wildcard indexes are not supported: ${field}`)
  }
  for (const part of field.split('.')) {
    if (part === '') {
      throw new CommandError(
        'CannotCreateIndex',
        `Index key contains an illegal field name: '${field}' has an empty part.`,
      )
    }
    if (part.startsWith('$') && !['$id', '$ref', '$db'].includes(part)) {
      throw new CommandError(
        'CannotCreateIndex',
        `Index key contains an illegal field name: field name starts with '$'.`,
      )
    }
  }
}

function checkOption(given: Doc, option: string, value: Value): void {
  if (option === 'expireAfterSeconds') return
  const types = optionTypes[option]
  if (!types) {
    throw new CommandError(
      'InvalidIndexSpecificationOption',
      `The field '${option}' is not valid for an index specification, or not supported. Specification: ${documentText(encodeDocument(given), 0)}`,
    )
  }
  const type = typeAlias(typeOf(value))
  if (!types.includes(type)) {
    throw new CommandError(
      'TypeMismatch',
      `The field '${option}' has value type ${type}, but must be ${types.join(' or ')}`,
    )
  }
  if (option === 'v' && ![1, 2].includes(numeric(value) ?? 0)) {
    throw new CommandError(
      'CannotCreateIndex',
      `Invalid index specification: version 'v' must be 1 or 2`,
    )
  }
}

function checkCombination(spec: Doc): void {
  const isId = isIdPattern(spec.get('key') as Doc)
  if (
    isId &&
    (spec.has('unique') ||
      spec.has('sparse') ||
      spec.has('partialFilterExpression') ||
      spec.has('hidden'))
  ) {
    const bad = ['unique', 'sparse', 'partialFilterExpression', 'hidden'].find((option) =>
      spec.has(option),
    )
    if (bad === 'unique') spec.delete('unique')
    else {
      throw new CommandError(
        bad === 'hidden' ? 'BadValue' : 'InvalidIndexSpecificationOption',
        `The field '${bad}' is not valid for an _id index specification`,
      )
    }
  }
  if (spec.has('sparse') && spec.has('partialFilterExpression')) {
    throw new CommandError(
      'CannotCreateIndex',
      'cannot mix "partialFilterExpression" and "sparse" options',
    )
  }
  checkHashed(spec)
  const expire = spec.get('expireAfterSeconds')
  if (expire !== undefined) checkExpiry(spec, expire as number)
  const partial = spec.get('partialFilterExpression')
  if (partial instanceof Map) checkPartialFilter(parsePartialFilter(partial), partial)
}

const partialKinds: ReadonlySet<Filter['kind']> = new Set([
  'alwaysTrue',
  'alwaysFalse',
  'eq',
  'gt',
  'gte',
  'lt',
  'lte',
  'exists',
  'type',
])

/** A partial index takes only conditions of which it can be told whether a query implies them. */
function checkPartialFilter(filter: Filter, whole: Doc): void {
  if (filter.kind === 'and' || filter.kind === 'or') {
    for (const clause of filter.clauses) checkPartialFilter(clause, whole)
    return
  }
  if (partialKinds.has(filter.kind)) return
  if (filter.kind === 'in' && filter.regexes.length === 0) return
  throw new CommandError(
    'CannotCreateIndex',
    `Error in specification ${documentText(encodeDocument(whole), 0)} :: caused by :: Expression not supported in partial index: ${filter.kind}`,
  )
}

function checkHashed(spec: Doc): void {
  const hashed = [...(spec.get('key') as Doc).values()].filter((kind) => kind === 'hashed')
  if (hashed.length > 1) {
    throw new CommandError(
      31303,
      `A maximum of one index field is allowed to be hashed but found ${hashed.length} for 'key' ${documentText(encodeDocument(spec.get('key') as Doc), 0)}`,
    )
  }
  if (hashed.length === 1 && spec.has('unique')) {
    throw new CommandError(
      16764,
      'Currently hashed indexes cannot guarantee uniqueness. Use a regular index.',
    )
  }
}

/** Fractions are cut off; what is no number in range is left for the check. */
function wholeSeconds(value: Value): number {
  const seconds = value instanceof Decimal128 ? Number(String(value)) : numeric(value)
  if (seconds === undefined) {
    throw new CommandError(
      'CannotCreateIndex',
      `TTL index 'expireAfterSeconds' option must be numeric, but received a type of ${typeAlias(typeOf(value))}`,
    )
  }
  // Adding zero makes minus zero plain zero.
  return Math.trunc(seconds) + 0
}

function checkExpiry(spec: Doc, seconds: number): void {
  if ((spec.get('key') as Doc).size > 1) {
    throw new CommandError(
      'CannotCreateIndex',
      'TTL indexes are single-field indexes, compound indexes do not support TTL',
    )
  }
  if (isIdPattern(spec.get('key') as Doc)) {
    throw new CommandError(
      'InvalidIndexSpecificationOption',
      "The field 'expireAfterSeconds' is not valid for an _id index specification",
    )
  }
  if (!(seconds >= 0 && seconds <= 2147483647)) {
    throw new CommandError(
      'CannotCreateIndex',
      `TTL index 'expireAfterSeconds' option must be within an acceptable range, found: ${seconds}`,
    )
  }
}

export function isIdPattern(key: Doc): boolean {
  return key.size === 1 && (numeric(key.get('_id')) ?? 0) > 0
}

export function isTrue(value: Value | undefined): boolean {
  if (typeof value === 'boolean') return value
  return value !== undefined && isNumericType(typeOf(value)) && compareValues(value, 0) !== 0
}

/** The options by which two indexes with the same key are told apart. */
export function sameIndex(a: Doc, b: Doc): boolean {
  const parts = [
    'key',
    'unique',
    'sparse',
    'partialFilterExpression',
    'expireAfterSeconds',
    'hidden',
  ]
  return parts.every((part) => compareValues(a.get(part), b.get(part)) === 0)
}

export function numeric(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Double ? value.value : undefined
}

export function parsePartialFilter(filter: Doc): Filter {
  const raw = encodeValue(filter)
  return parseFilter(raw.buf, raw.at)
}
