/** `bsonType`, `type` and `enum`. */
import { BsonType, KeyWriter, type RawValue, readString } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { valuesOf } from '../elements.js'
import { testType, typesOfAlias } from '../operators/type.js'
import { arrayOperand, type KeywordParser, mismatch, unparsable } from './keyword.js'

const jsonTypes: ReadonlyMap<string, readonly number[]> = new Map([
  ['array', [BsonType.array]],
  ['boolean', [BsonType.bool]],
  ['null', [BsonType.null]],
  ['number', typesOfAlias('number')],
  ['object', [BsonType.object]],
  ['string', [BsonType.string]],
])

export const parseBsonType: KeywordParser = (operand, { keyword }) =>
  testType(parseAliases(operand, keyword, typesOfAlias))

export const parseJsonType: KeywordParser = (operand, { keyword, siblings }) => {
  if (siblings.has('bsonType')) {
    throw unparsable("Cannot specify both $jsonSchema keywords 'type' and 'bsonType'")
  }
  return testType(parseAliases(operand, keyword, typesOfJsonName))
}

function typesOfJsonName(name: string): readonly number[] {
  const types = jsonTypes.get(name)
  if (!types) throw new CommandError('BadValue', `Unknown type name alias: ${name}`)
  return types
}

function parseAliases(
  operand: RawValue,
  keyword: string,
  typesOf: (alias: string) => readonly number[],
): Set<number> {
  const listed = operand.type === BsonType.array
  const aliases = (listed ? valuesOf(operand) : [operand]).map((value) => {
    if (value.type !== BsonType.string) {
      throw mismatch(keyword, 'either a string or an array of strings', value)
    }
    return readString(value.buf, value.at)
  })
  if (aliases.length === 0) {
    throw unparsable(`$jsonSchema keyword '${keyword}' must name at least one type`)
  }
  if (new Set(aliases).size !== aliases.length) {
    throw unparsable(`$jsonSchema keyword '${keyword}' has duplicate value`)
  }
  if (aliases.includes('integer')) {
    throw unparsable("$jsonSchema type 'integer' is not currently supported.")
  }
  return new Set(aliases.flatMap(typesOf))
}

const keys = new KeyWriter()

/** Arrays in the list are compared as a whole, not looked into. */
export const parseEnum: KeywordParser = (operand, { keyword }) => {
  const values = arrayOperand(operand, keyword)
  if (values.length === 0) {
    throw unparsable(`$jsonSchema keyword '${keyword}' cannot be an empty array`)
  }
  const members = new Set(values.map(({ buf, type, at }) => keyOf(buf, type, at)))
  if (members.size !== values.length) {
    throw unparsable(`$jsonSchema keyword '${keyword}' array cannot contain duplicate values.`)
  }
  return (buf, type, at) => members.has(keyOf(buf, type, at))
}

/** The same for values that compare equal. */
export function keyOf(buf: Buffer, type: number, at: number): string {
  keys.reset().append(buf, type, at)
  return keys.buf.toString('latin1', 0, keys.length)
}
