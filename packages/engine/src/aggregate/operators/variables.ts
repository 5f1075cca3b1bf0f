/** `$let`, `$literal`, `$rand`, `$meta` and other operators about values themselves. */
import { Double, decodeValue, type RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
import { constant, declare, type Expression, type Scope } from '../scope.js'
import { checkVariableName } from '../variables.js'
import { namedArguments, type OperatorParser } from './arguments.js'

export const letOperator: OperatorParser = (argument, scope) => {
  const found = namedArguments(argument, '$let', ['vars', 'in'], {
    notDocument: 16874,
    unknown: 16875,
    missing: { vars: 16876, in: 16877 },
    messages: {
      unknown: (field) => `Unrecognized parameter to $let: ${field}`,
      missing: (field) => `Missing '${field}' parameter to $let`,
    },
  })
  const { slots, parts, inner } = declareAll(found.vars as RawValue, scope)
  const body = scope.parse(found.in as RawValue, inner)
  const evaluates = parts.map((part) => part.evaluate)
  if (body.constant) return body
  const { evaluate } = body
  return {
    evaluate: (context) => {
      for (let i = 0; i < slots.length; i++) context.slots[slots[i]] = evaluates[i](context)
      return evaluate(context)
    },
  }
}

function declareAll(vars: RawValue, scope: Scope) {
  if (!isDocument(vars)) {
    throw new CommandError(
      isArray(vars) ? 'FailedToParse' : 10065,
      `invalid parameter: expected an object (vars)`,
    )
  }
  const slots: number[] = []
  const parts: Expression[] = []
  let inner = scope
  for (const [name, value] of fieldsOf(vars)) {
    checkVariableName(name)
    // Variables of one $let do not see each other.
    parts.push(scope.parse(value, scope))
    const declared = declare(inner, name)
    slots.push(declared.slot)
    inner = declared.scope
  }
  return { slots, parts, inner }
}

/** A value taken as it is, dollar signs and all. */
export const literal: OperatorParser = (argument) =>
  constant(decodeValue(argument.buf, argument.type, argument.at))

/** A random double from zero up to one. */
export const rand: OperatorParser = (argument, scope) => {
  const empty =
    (isDocument(argument) && fieldsOf(argument).length === 0) ||
    (isArray(argument) && elementsOf(argument).length === 0)
  if (!isDocument(argument) && !isArray(argument)) {
    throw new CommandError(10065, `invalid parameter: expected an object ($rand)`)
  }
  if (!empty) throw new CommandError(3040501, '$rand does not currently accept arguments')
  scope.uses.random = true
  return { evaluate: () => new Double(Math.random()) }
}
