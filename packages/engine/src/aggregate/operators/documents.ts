/** Operators on documents: `$bsonSize`, `$getField`, `$mergeObjects`, `$setField`, `$unsetField`. */
import {
  BsonType,
  type Doc,
  decodeValue,
  encodeDocument,
  type RawValue,
  type Value,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import { constantValue, type Expression, fold, type Scope } from '../scope.js'
import { isNullish, typeName } from '../values.js'
import { namedArguments, type OperatorParser, unary, variadic } from './arguments.js'

export const bsonSize: OperatorParser = unary((value) => {
  if (isNullish(value)) return null
  if (!(value instanceof Map)) {
    throw new CommandError(31393, `$bsonSize requires a document input, found: ${typeName(value)}`)
  }
  return encodeDocument(value).length
})

/** The fields of all documents; of a name in several, the last one's value. */
export const mergeObjects: OperatorParser = variadic((values) => {
  const result: Doc = new Map()
  const [only] = values
  for (const value of values.length === 1 && Array.isArray(only) ? only : values) {
    mergeInto(result, value)
  }
  return result
})

export function mergeInto(result: Doc, value: Value | undefined): void {
  if (isNullish(value)) return
  if (!(value instanceof Map)) {
    throw new CommandError(
      40400,
      `$mergeObjects requires object inputs, but input ${typeName(value)} is of type ${typeName(value)}`,
    )
  }
  for (const [name, field] of value) result.set(name, field)
}

/** A field by its name, whatever characters that holds. */
export const getField: OperatorParser = (argument, scope) => {
  const [field, input] = getFieldArguments(argument, scope)
  const name = field.evaluate
  return fold(
    (context) => {
      const key = name(context)
      if (typeof key !== 'string') {
        throw new CommandError(3041704, `$getField requires 'field' to evaluate to type String`)
      }
      const document = input.evaluate(context)
      if (document instanceof Map) return document.get(key)
      return isNullish(document) && document !== undefined ? null : undefined
    },
    [field, input],
  )
}

function getFieldArguments(argument: RawValue, scope: Scope): [Expression, Expression] {
  const whole = () => scope.parse(textValue('$$CURRENT'), scope)
  const named = isDocument(argument) && !fieldsOf(argument)[0]?.[0].startsWith('$')
  if (!named) return [fieldName(argument, scope, '$getField', 5654602, 3041704), whole()]
  const found = namedArguments(argument, '$getField', ['field', 'input'], {
    notDocument: 3041700,
    unknown: 3041701,
    missing: { field: 3041702, input: 3041703 },
    messages: {
      unknown: (field) => `$getField found an unknown argument: ${field}`,
      missing: (field) => `$getField requires '${field}' to be specified`,
    },
  })
  return [
    fieldName(found.field as RawValue, scope, '$getField', 5654602, 3041704),
    scope.parse(found.input as RawValue, scope),
  ]
}

function fieldName(value: RawValue, scope: Scope, name: string, code: number, typeCode: number) {
  const field = scope.parse(value, scope)
  if (!field.constant) return field
  const text = constantValue(field)
  if (typeof text !== 'string') {
    throw new CommandError(
      typeCode,
      `${name} requires 'field' to evaluate to type String, but got ${typeName(text)}`,
    )
  }
  if (text.includes('\0'))
    throw new CommandError(code, `${name} requires 'field' without null bytes`)
  return field
}

function textValue(text: string): RawValue {
  const document = encodeDocument({ text })
  const [[, value]] = fieldsOf({
    buf: document,
    type: BsonType.object,
    at: 0,
    size: document.length,
  })
  return value
}

/** Sets a field by its name; `$$REMOVE` as value takes it away. */
export const setField: OperatorParser = (argument, scope) => {
  const found = namedArguments(argument, '$setField', ['field', 'input', 'value'], {
    notDocument: 4161100,
    unknown: 4161101,
    missing: { field: 4161102, value: 4161103, input: 4161109 },
    messages: setFieldMessages('$setField'),
  })
  const value = scope.parse(found.value as RawValue, scope)
  return fieldSetter('$setField', found.field as RawValue, found.input as RawValue, value, scope)
}

/** Takes a field away by its name. */
export const unsetField: OperatorParser = (argument, scope) => {
  const found = namedArguments(argument, '$unsetField', ['field', 'input'], {
    notDocument: 4161100,
    unknown: 4161101,
    missing: { field: 4161102, input: 4161109 },
    messages: setFieldMessages('$unsetField'),
  })
  const gone: Expression = { evaluate: () => undefined, constant: true }
  return fieldSetter('$unsetField', found.field as RawValue, found.input as RawValue, gone, scope)
}

function setFieldMessages(name: string) {
  return {
    unknown: (field: string) => `${name} found an unknown argument: ${field}`,
    missing: (field: string) => `${name} requires '${field}' to be specified`,
  }
}

function fieldSetter(
  name: string,
  field: RawValue,
  input: RawValue,
  value: Expression,
  scope: Scope,
): Expression {
  const key = setFieldName(name, field, scope)
  const document = scope.parse(input, scope)
  return fold(
    (context) => {
      const target = document.evaluate(context)
      if (isNullish(target)) return null
      if (!(target instanceof Map)) {
        throw new CommandError(4161105, `${name} requires 'input' to evaluate to type Object`)
      }
      const result: Doc = new Map(target)
      const set = value.evaluate(context)
      if (set === undefined) result.delete(key)
      else result.set(key, set)
      return result
    },
    [document, value],
  )
}

function setFieldName(name: string, field: RawValue, scope: Scope): string {
  if (field.type === BsonType.string) {
    const text = decodeValue(field.buf, field.type, field.at) as string
    if (text.startsWith('$')) {
      throw new CommandError(
        4161108,
        `'field' argument of ${name} must be a constant; use $literal for a name with a dollar sign`,
      )
    }
  }
  const expression = scope.parse(field, scope)
  const [first] = isDocument(field) ? fieldsOf(field) : []
  const plain = field.type === BsonType.array || (first && !first[0].startsWith('$'))
  if (!expression.constant || plain) {
    throw new CommandError(
      4161106,
      `${name} requires 'field' to evaluate to a constant, but got a non-constant argument`,
    )
  }
  const text = constantValue(expression)
  if (typeof text !== 'string') {
    throw new CommandError(
      4161107,
      `${name} requires 'field' to evaluate to type String, but got ${typeName(text)}`,
    )
  }
  if (text.includes('\0'))
    throw new CommandError(9534700, `${name} requires 'field' without null bytes`)
  return text
}
