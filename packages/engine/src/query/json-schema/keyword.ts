/** What the keywords of a JSON schema have in common: how they are parsed, and the forms their operands take. */
import { BsonType, isNumericType, type RawValue, readString, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf, type NamedValue, valuesOf } from '../elements.js'
import type { ValueTest } from '../filter.js'
import { longComplaint, wholeLong } from '../integers.js'

/** One keyword of a schema, as parsed. */
export interface SchemaRule {
  readonly keyword: string
  readonly operand: RawValue
  /** Whether a value satisfies the keyword; true of types that it does not speak of. */
  readonly test: ValueTest
}

/** A schema is satisfied when all of its rules are. */
export type Schema = readonly SchemaRule[]

export interface SchemaScope {
  readonly keyword: string
  /** The other keywords of the schema, as some are read together. */
  readonly siblings: ReadonlyMap<string, RawValue>
  /** The test of a schema inside this one. Throws TypeMismatch unless it is an object. */
  subschema(operand: RawValue): ValueTest
}

/** Answers undefined for keywords that ask nothing of a value by themselves. */
export type KeywordParser = (operand: RawValue, scope: SchemaScope) => ValueTest | undefined

export function mismatch(keyword: string, wanted: string, operand: RawValue): CommandError {
  return new CommandError(
    'TypeMismatch',
    `$jsonSchema keyword '${keyword}' must be ${wanted}, but found an element of type ${typeAlias(operand.type)}`,
  )
}

export function unparsable(message: string): CommandError {
  return new CommandError('FailedToParse', message)
}

export function booleanOperand(operand: RawValue, keyword: string): boolean {
  if (operand.type !== BsonType.bool) throw mismatch(keyword, 'a boolean', operand)
  return operand.buf[operand.at] !== 0
}

export function stringOperand(operand: RawValue, keyword: string): string {
  if (operand.type !== BsonType.string) throw mismatch(keyword, 'a string', operand)
  return readString(operand.buf, operand.at)
}

export function objectOperand(operand: RawValue, keyword: string): NamedValue[] {
  if (operand.type !== BsonType.object) throw mismatch(keyword, 'an object', operand)
  return elementsOf(operand.buf, operand.at)
}

export function arrayOperand(operand: RawValue, keyword: string): RawValue[] {
  if (operand.type !== BsonType.array) throw mismatch(keyword, 'an array', operand)
  return valuesOf(operand)
}

export function numberOperand(operand: RawValue, keyword: string): RawValue {
  if (!isNumericType(operand.type)) throw mismatch(keyword, 'a number', operand)
  return operand
}

/** A count, which is a whole number that is not negative. */
export function countOperand(operand: RawValue, keyword: string): number {
  const value = wholeLong(operand.buf, operand.type, operand.at)
  if (value === undefined) throw unparsable(longComplaint(operand, keyword))
  if (value < 0n) {
    throw unparsable(`Expected a non-negative number in: ${keyword}: ${value}`)
  }
  return Number(value)
}

/** An array of different strings, at least one. */
export function namesOperand(operand: RawValue, keyword: string): string[] {
  const names = arrayOperand(operand, keyword).map((value) => {
    if (value.type !== BsonType.string) {
      throw mismatch(keyword, 'an array of strings', value)
    }
    return readString(value.buf, value.at)
  })
  if (names.length === 0) {
    throw unparsable(`$jsonSchema keyword '${keyword}' cannot be an empty array`)
  }
  if (new Set(names).size !== names.length) {
    throw unparsable(`$jsonSchema keyword '${keyword}' array cannot contain duplicate values`)
  }
  return names
}
