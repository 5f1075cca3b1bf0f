import {
  compareValues,
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
import { compileFilter } from '../query/compile.js'
import type { DocumentPredicate, Filter } from '../query/filter.js'
import { parseFilter } from '../query/parse.js'
import {
  compileKeys,
  type IndexField,
  indexField,
  type KeyMaker,
  type KeyVisitor,
} from './index-keys.js'

/** An index, ready to make keys with. */
export interface Index {
  /** Stands before its keys. Never used again after a drop. */
  readonly id: number
  readonly name: string
  /** The specification as `listIndexes` shows it. */
  spec: Doc
  readonly fields: readonly IndexField[]
  readonly unique: boolean
  readonly sparse: boolean
  /** The documents that a partial index holds; undefined for all. */
  readonly covers?: DocumentPredicate
  /** What `covers` is compiled from. */
  readonly partialFilter?: Filter
  readonly keysOf: KeyMaker
  /** Being filled: writers keep it, queries do not use it. */
  building: boolean
  /** Bit i: some document has, or had, an array in field i. */
  multikey: number
  /** A key was too long to be stored whole, so the order of entries is not quite that of the values. */
  truncated: boolean
  /** Bytes of all entries. */
  size: number
}

export const ID_INDEX = '_id_'

/** What is stored of an index beside its specification. */
export interface IndexState {
  readonly id: number
  readonly building: boolean
  readonly multikey: number
  readonly truncated: boolean
  readonly size: number
}

export function createIndex(spec: Doc, state: IndexState): Index {
  const fields = [...(spec.get('key') as Doc)].map(([name, direction]) =>
    indexField(name, numeric(direction) ?? 1),
  )
  const partial = spec.get('partialFilterExpression') as Doc | undefined
  const partialFilter = partial && parsePartialFilter(partial)
  return {
    ...state,
    name: spec.get('name') as string,
    spec,
    fields,
    unique: spec.get('unique') === true || spec.get('name') === ID_INDEX,
    sparse: spec.get('sparse') === true,
    partialFilter,
    covers: partialFilter && compileFilter(partialFilter),
    keysOf: compileKeys(fields),
  }
}

function parsePartialFilter(filter: Doc): Filter {
  const raw = encodeValue(filter)
  return parseFilter(raw.buf, raw.at)
}

function numeric(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Double ? value.value : undefined
}

/** The specification of the index on `_id`, which every collection has. */
export function idIndexSpec(): Doc {
  return new Map<string, Value>([
    ['v', 2],
    ['key', new Map([['_id', 1]])],
    ['name', ID_INDEX],
  ])
}

/** Options that an index may have here. Those of MongoDB that are missing are refused by name. */
const optionTypes: Readonly<Record<string, readonly string[]>> = {
  v: ['int', 'long', 'double'],
  key: ['object'],
  name: ['string'],
  unique: ['bool', 'int', 'long', 'double'],
  sparse: ['bool', 'int', 'long', 'double'],
  background: ['bool', 'int', 'long', 'double'],
  hidden: ['bool'],
  expireAfterSeconds: ['int', 'long', 'double'],
  partialFilterExpression: ['object'],
  ns: ['string'],
}

/** Booleans may be given as numbers; they are stored as booleans, and not at all when false. */
const switches = ['unique', 'sparse', 'hidden']

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
      throw new CommandError('CannotCreateIndex', `Unknown index plugin '${direction}'`)
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
  const expire = spec.get('expireAfterSeconds')
  if (expire !== undefined) checkExpiry(spec, numeric(expire) ?? Number.NaN)
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

/** Visits the keys that a document has in an index: none when a sparse or partial index leaves it out. Returns the fields that arrays give several keys, as bits. */
export function eachKey(index: Index, doc: Buffer, visit: KeyVisitor): number {
  if (index.covers && !index.covers(doc, 0)) return 0
  if (index.sparse && index.keysOf(doc, 0, index.id, () => {}).allMissing) return 0
  return index.keysOf(doc, 0, index.id, visit).multikey
}
