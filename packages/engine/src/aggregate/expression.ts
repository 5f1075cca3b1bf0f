import { BsonType, type Doc, decodeValue, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { checkFieldName, parseFieldPath, readPath, valueAtPath } from './field-path.js'
import { operators } from './operators/index.js'
import { elementsOf, fieldsOf } from './raw-fields.js'
import {
  type Context,
  constant,
  type Expression,
  fold,
  newContext,
  newDependencies,
  type RuntimeConstants,
  type Scope,
  type Variable,
} from './scope.js'
import { checkVariableName, parseVariable } from './variables.js'

export interface ExpressionOptions extends RuntimeConstants {
  /** Values of the variables that a command's `let` defines. */
  readonly variables?: ReadonlyMap<string, Value>
}

/** A scope without a document of its own, in which a command's expressions are parsed. */
export function rootScope(options: ExpressionOptions = {}): Scope {
  const variables = new Map<string, Variable>()
  for (const [name, value] of options.variables ?? []) variables.set(name, { value })
  return {
    context: newContext(),
    variables,
    parse: parseExpression,
    runtime: options,
    uses: newDependencies(),
  }
}

/** Compiles an expression to a function of a raw document; it answers undefined for a missing value. */
export function compileExpression(
  value: RawValue,
  options: ExpressionOptions | Scope = {},
): (buf: Buffer, doc: number) => Value | undefined {
  const scope = isScope(options) ? options : rootScope(options)
  return bindExpression(parseExpression(value, scope), scope)
}

/** A parsed expression as a function of a raw document. */
export function bindExpression(
  expression: Expression,
  scope: Scope,
): (buf: Buffer, doc: number) => Value | undefined {
  const { context } = scope
  const { evaluate } = expression
  return (buf, doc) => {
    context.buf = buf
    context.doc = doc
    context.root = doc
    return evaluate(context)
  }
}

function isScope(options: ExpressionOptions | Scope): options is Scope {
  return 'context' in options
}

/** Parses an expression of any form: a path, a variable, an operator, a document or array of expressions, or a plain value. */
export function parseExpression(value: RawValue, scope: Scope): Expression {
  switch (value.type) {
    case BsonType.string:
      return parseString(decodeValue(value.buf, value.type, value.at) as string, scope)
    case BsonType.object:
      return parseObject(value, scope)
    case BsonType.array:
      return parseArray(value, scope)
    default:
      return constant(decodeValue(value.buf, value.type, value.at))
  }
}

function parseString(text: string, scope: Scope): Expression {
  if (!text.startsWith('$')) return constant(text)
  if (text.length === 1) throw new CommandError(16872, "'$' by itself is not a valid FieldPath")
  return text[1] === '$' ? parseVariable(text.slice(2), scope) : parseField(text.slice(1), scope)
}

function parseField(dotted: string, scope: Scope): Expression {
  const path = parseFieldPath(dotted)
  const current = scope.variables.get('CURRENT')
  if (current) {
    if ('value' in current) return constant(valueAtPath(current.value, path))
    const { slot } = current
    scope.uses.slots.add(slot)
    return { evaluate: (context) => valueAtPath(context.slots[slot], path) }
  }
  scope.uses.paths.add(dotted)
  return { evaluate: (context) => readPath(context.buf, context.doc, path), path: dotted }
}

function parseArray(value: RawValue, scope: Scope): Expression {
  const parts = elementsOf(value).map((element) => parseExpression(element, scope))
  const evaluates = parts.map((part) => part.evaluate)
  return fold((context) => evaluates.map((evaluate) => evaluate(context) ?? null), parts)
}

function parseObject(value: RawValue, scope: Scope): Expression {
  const fields = fieldsOf(value)
  if (fields.length > 0 && fields[0][0].startsWith('$')) {
    if (fields.length > 1) {
      throw new CommandError(
        15983,
        `an expression specification must contain exactly one field, the name of the expression. Found ${fields.length} fields in ${fields.map(([name]) => name).join(', ')}`,
      )
    }
    return parseOperator(fields[0][0], fields[0][1], scope)
  }
  return parseDocument(fields, scope)
}

function parseOperator(name: string, argument: RawValue, scope: Scope): Expression {
  const parser = operators.get(name)
  if (!parser)
    throw new CommandError('InvalidPipelineOperator', `Unrecognized expression '${name}'`)
  return parser(argument, scope, name)
}

function parseDocument(fields: ReturnType<typeof fieldsOf>, scope: Scope): Expression {
  const names: string[] = []
  const parts: Expression[] = []
  const seen = new Set<string>()
  for (const [name, value] of fields) {
    checkFieldName(name)
    if (seen.has(name)) {
      throw new CommandError(16406, `duplicate field name specified in object literal: ${name}`)
    }
    seen.add(name)
    names.push(name)
    parts.push(parseExpression(value, scope))
  }
  return fold((context) => evaluateDocument(names, parts, context), parts)
}

function evaluateDocument(
  names: readonly string[],
  parts: readonly Expression[],
  context: Context,
): Doc {
  const result: Doc = new Map()
  for (let i = 0; i < names.length; i++) {
    const value = parts[i].evaluate(context)
    if (value !== undefined) result.set(names[i], value)
  }
  return result
}

/** The values of a command's `let`: expressions that see no document, each also the variables before it. */
export function evaluateLet(
  specification: RawValue,
  runtime: RuntimeConstants = {},
): Map<string, Value> {
  const variables = new Map<string, Value>()
  const empty = Buffer.from([5, 0, 0, 0, 0])
  for (const [name, value] of fieldsOf(specification)) {
    checkVariableName(name)
    const scope = rootScope({ ...runtime, variables })
    const expression = parseExpression(value, scope)
    if (scope.uses.paths.size > 0 || scope.uses.whole) {
      throw new CommandError(
        4890500,
        `Command let Expression tried to access a field, but this is not allowed because Command let expressions run before the query examines any documents.`,
      )
    }
    variables.set(name, bindExpression(expression, scope)(empty, 0) ?? null)
  }
  return variables
}
