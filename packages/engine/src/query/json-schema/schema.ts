/** JSON Schema, draft 4 in the form MongoDB gives it: `bsonType` added, references, formats and defaults left out. */
import { BsonType, type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf } from '../elements.js'
import type { DocumentPredicate, ValueTest } from '../filter.js'
import {
  parseAdditionalItems,
  parseItems,
  parseMaxItems,
  parseMinItems,
  parseUniqueItems,
} from './arrays.js'
import { parseAllOf, parseAnyOf, parseNotSchema, parseOneOf } from './combinations.js'
import { type KeywordParser, type Schema, stringOperand, unparsable } from './keyword.js'
import { parseExclusive, parseMaximum, parseMinimum, parseMultipleOf } from './numbers.js'
import {
  parseAdditionalProperties,
  parseDependencies,
  parseMaxProperties,
  parseMinProperties,
  parsePatternProperties,
  parseProperties,
  parseRequired,
} from './objects.js'
import { parseMaxLength, parseMinLength, parsePattern } from './strings.js'
import { parseBsonType, parseEnum, parseJsonType } from './types.js'

const remark: KeywordParser = (operand, { keyword }) => {
  stringOperand(operand, keyword)
  return undefined
}

const keywords = new Map<string, KeywordParser>([
  ['additionalItems', parseAdditionalItems],
  ['additionalProperties', parseAdditionalProperties],
  ['allOf', parseAllOf],
  ['anyOf', parseAnyOf],
  ['bsonType', parseBsonType],
  ['dependencies', parseDependencies],
  ['description', remark],
  ['enum', parseEnum],
  ['exclusiveMaximum', parseExclusive('maximum')],
  ['exclusiveMinimum', parseExclusive('minimum')],
  ['items', parseItems],
  ['maxItems', parseMaxItems],
  ['maxLength', parseMaxLength],
  ['maxProperties', parseMaxProperties],
  ['maximum', parseMaximum],
  ['minItems', parseMinItems],
  ['minLength', parseMinLength],
  ['minProperties', parseMinProperties],
  ['minimum', parseMinimum],
  ['multipleOf', parseMultipleOf],
  ['not', parseNotSchema],
  ['oneOf', parseOneOf],
  ['pattern', parsePattern],
  ['patternProperties', parsePatternProperties],
  ['properties', parseProperties],
  ['required', parseRequired],
  ['title', remark],
  ['type', parseJsonType],
  ['uniqueItems', parseUniqueItems],
])

/** Keywords of the standard, and of encryption, that are known and refused. */
const unsupported = new Set([
  '$ref',
  '$schema',
  'default',
  'definitions',
  'encrypt',
  'encryptMetadata',
  'format',
  'id',
])

/** Parses a schema. Throws MongoDB's errors for keywords and operands it does not take. */
export function parseSchema(operand: RawValue): Schema {
  const elements = elementsOf(operand.buf, operand.at)
  const siblings = new Map<string, RawValue>()
  for (const { name, value } of elements) {
    if (unsupported.has(name)) {
      throw unparsable(`$jsonSchema keyword '${name}' is not currently supported`)
    }
    if (!keywords.has(name)) throw unparsable(`Unknown $jsonSchema keyword: ${name}`)
    if (siblings.has(name)) throw unparsable(`Duplicate $jsonSchema keyword: ${name}`)
    siblings.set(name, value)
  }
  return elements.flatMap(({ name: keyword, value }) => {
    const subschema = (inner: RawValue) => subschemaTest(inner, keyword)
    const test = keywords.get(keyword)?.(value, { keyword, siblings, subschema })
    return test ? [{ keyword, operand: value, test }] : []
  })
}

function subschemaTest(operand: RawValue, keyword: string): ValueTest {
  if (operand.type !== BsonType.object) {
    throw new CommandError(
      'TypeMismatch',
      `$jsonSchema keyword '${keyword}' must hold objects, but found an element of type ${typeAlias(operand.type)}`,
    )
  }
  return compileSchema(parseSchema(operand))
}

/** The test of a value that must satisfy the whole schema. */
export function compileSchema(schema: Schema): ValueTest {
  const tests = schema.map(({ test }) => test)
  return (buf, type, at) => tests.every((test) => test(buf, type, at))
}

/** The predicate of documents that satisfy the whole schema. */
export function schemaPredicate(schema: Schema): DocumentPredicate {
  const test = compileSchema(schema)
  return (buf, doc) => test(buf, BsonType.object, doc)
}
