import assert from 'node:assert/strict'
import { EJSON } from 'bson'
import type { ClientSession } from 'mongodb'
import type { Spec } from './specification.js'

/** What special operators look up. */
export interface MatchContext {
  readonly entity: (id: string) => unknown
}

/** A value as specification files would hold it: numbers of all types are plain ones. */
export function plain(value: unknown): Spec {
  if (value === undefined) return undefined
  return EJSON.parse(EJSON.stringify({ value: withoutUndefined(value) }), { relaxed: true }).value
}

/** Extended JSON would make null of what is undefined, where the driver leaves it out; maps become documents. */
function withoutUndefined(value: Spec): Spec {
  if (value instanceof Map) return withoutUndefined(Object.fromEntries(value))
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [key, withoutUndefined(part)]),
  )
}

function isPlain(value: object): boolean {
  return !('_bsontype' in value) && !(value instanceof Date) && !ArrayBuffer.isView(value)
}

/**
 * Asserts that a value is what a test expects. Documents at the root may have further
 * fields, those within may not.
 */
export function assertMatches(
  actual: Spec,
  expected: Spec,
  context: MatchContext,
  path = '',
  isRoot = true,
): void {
  if (isSpecial(expected)) return assertSpecial(actual, expected, context, path, isRoot)
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path}: an array is expected, not ${text(actual)}`)
    assert.equal(actual.length, expected.length, `${path}: length of ${text(actual)}`)
    for (const [i, element] of expected.entries()) {
      assertMatches(actual[i], element, context, `${path}[${i}]`, isRoot)
    }
    return
  }
  if (!isDocument(expected)) {
    assert.equal(text(actual), text(expected), path)
    return
  }
  assert.ok(isDocument(actual), `${path}: a document is expected, not ${text(actual)}`)
  for (const [key, value] of Object.entries(expected)) {
    const at = path === '' ? key : `${path}.${key}`
    if (!isSpecial(value))
      assert.ok(Object.hasOwn(actual, key), `${at} is missing in ${text(actual)}`)
    assertMatches(actual[key], value, context, at, false)
  }
  if (isRoot) return
  for (const key of Object.keys(actual)) {
    assert.ok(Object.hasOwn(expected, key), `${path}.${key} is not expected`)
  }
}

function text(value: unknown): string {
  return value === undefined ? 'nothing' : EJSON.stringify(value)
}

function isDocument(value: unknown): value is Record<string, Spec> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !('_bsontype' in value)
  )
}

function isSpecial(value: unknown): boolean {
  return (
    isDocument(value) && Object.keys(value).length === 1 && Object.keys(value)[0].startsWith('$$')
  )
}

function assertSpecial(
  actual: Spec,
  expected: Spec,
  context: MatchContext,
  path: string,
  isRoot: boolean,
): void {
  const [[operator, argument]] = Object.entries<Spec>(expected)
  switch (operator) {
    case '$$exists':
      assert.equal(actual !== undefined, argument, `${path} is there`)
      return
    case '$$unsetOrMatches':
      if (actual !== undefined) assertMatches(actual, argument, context, path, isRoot)
      return
    case '$$type':
      assert.ok(
        [argument].flat().some((type) => hasType(actual, type)),
        `${path}: ${text(actual)}`,
      )
      return
    case '$$matchesEntity':
      assertMatches(actual, plain(context.entity(argument)), context, path, isRoot)
      return
    case '$$matchesHexBytes':
      assert.equal(Buffer.from(actual.buffer ?? actual).toString('hex'), argument, path)
      return
    case '$$sessionLsid':
      assert.equal(text(actual), text(plain((context.entity(argument) as ClientSession).id)), path)
      return
    case '$$lte':
      assert.ok(actual <= argument, `${path}: ${text(actual)} is more than ${argument}`)
      return
    default:
      throw new Error(`the operator ${operator} of the test format is not known`)
  }
}

const bsonTypes: Record<string, string> = {
  ObjectId: 'objectId',
  Binary: 'binData',
  UUID: 'binData',
  Timestamp: 'timestamp',
  Decimal128: 'decimal',
  BSONRegExp: 'regex',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
}

function hasType(value: Spec, type: string): boolean {
  if (value === undefined) return false
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? ['int', 'long', 'double', 'number'].includes(type)
      : ['double', 'number'].includes(type)
  }
  if (typeof value === 'string') return type === 'string'
  if (typeof value === 'boolean') return type === 'bool'
  if (value === null) return type === 'null'
  if (Array.isArray(value)) return type === 'array'
  if (value instanceof Date) return type === 'date'
  if ('_bsontype' in value) return bsonTypes[value._bsontype] === type
  return type === 'object'
}
