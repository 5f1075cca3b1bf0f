/** `properties`, `patternProperties`, `additionalProperties`, `required`, `dependencies`, `minProperties` and `maxProperties`. */
import {
  BsonType,
  countElements,
  findElement,
  type RawValue,
  readName,
  someElement,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import type { ValueTest } from '../filter.js'
import { compileRegex } from '../regex.js'
import { additional } from './arrays.js'
import {
  countOperand,
  type KeywordParser,
  mismatch,
  namesOperand,
  objectOperand,
  type SchemaScope,
} from './keyword.js'

export const parseProperties: KeywordParser = (operand, { keyword, subschema }) => {
  const properties = objectOperand(operand, keyword).map(({ name, value }) => ({
    name: Buffer.from(name),
    test: subschema(value),
  }))
  return ofObjects((buf, doc) =>
    properties.every(({ name, test }) => {
      const element = findElement(buf, doc, name)
      return element < 0 || test(buf, buf[element], element + name.length + 2)
    }),
  )
}

export const parsePatternProperties: KeywordParser = (operand, { keyword, subschema }) => {
  const patterns = objectOperand(operand, keyword).map(({ name, value }) => ({
    regex: patternOf(name),
    test: subschema(value),
  }))
  return ofObjects(
    (buf, doc) =>
      !someElement(buf, doc, (type, value, nameAt) => {
        const name = readName(buf, nameAt)
        return patterns.some(({ regex, test }) => regex.test(name) && !test(buf, type, value))
      }),
  )
}

function patternOf(name: string): RegExp {
  try {
    return compileRegex(name)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new CommandError(
      'BadValue',
      `Invalid regular expression in $jsonSchema keyword 'patternProperties': ${name}`,
    )
  }
}

/** Speaks of the fields that `properties` and `patternProperties` leave. */
export const parseAdditionalProperties: KeywordParser = (operand, scope) => {
  const test = additional(operand, scope)
  const named = new Set(namesIn(scope, 'properties'))
  const patterns = namesIn(scope, 'patternProperties').map(patternOf)
  return ofObjects(
    (buf, doc) =>
      !someElement(buf, doc, (type, value, nameAt) => {
        const name = readName(buf, nameAt)
        if (named.has(name) || patterns.some((pattern) => pattern.test(name))) return false
        return !test(buf, type, value)
      }),
  )
}

function namesIn({ siblings }: SchemaScope, keyword: string): string[] {
  const operand = siblings.get(keyword)
  return operand ? objectOperand(operand, keyword).map(({ name }) => name) : []
}

export const parseRequired: KeywordParser = (operand, { keyword }) =>
  ofObjects(hasAll(namesOperand(operand, keyword)))

function hasAll(names: readonly string[]): (buf: Buffer, doc: number) => boolean {
  const encoded = names.map((name) => Buffer.from(name))
  return (buf, doc) => encoded.every((name) => findElement(buf, doc, name) >= 0)
}

/** Where a field is present, others must be as well, or the document must satisfy a further schema. */
export const parseDependencies: KeywordParser = (operand, scope) => {
  const dependencies = objectOperand(operand, scope.keyword).map(({ name, value }) => ({
    name: Buffer.from(name),
    test: dependency(value, scope),
  }))
  return ofObjects((buf, doc) =>
    dependencies.every(
      ({ name, test }) => findElement(buf, doc, name) < 0 || test(buf, BsonType.object, doc),
    ),
  )
}

function dependency(operand: RawValue, { keyword, subschema }: SchemaScope): ValueTest {
  if (operand.type === BsonType.object) return subschema(operand)
  if (operand.type !== BsonType.array) {
    throw mismatch(keyword, 'an object of objects and arrays', operand)
  }
  const hasOthers = hasAll(namesOperand(operand, keyword))
  return (buf, _type, doc) => hasOthers(buf, doc)
}

export const parseMinProperties: KeywordParser = (operand, { keyword }) => {
  const least = countOperand(operand, keyword)
  return ofObjects((buf, doc) => countElements(buf, doc) >= least)
}

export const parseMaxProperties: KeywordParser = (operand, { keyword }) => {
  const most = countOperand(operand, keyword)
  return ofObjects((buf, doc) => countElements(buf, doc) <= most)
}

function ofObjects(test: (buf: Buffer, doc: number) => boolean): ValueTest {
  return (buf, type, at) => type !== BsonType.object || test(buf, at)
}
