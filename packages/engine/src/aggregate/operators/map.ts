/** Operators that evaluate an expression for each element: `$filter`, `$map`, `$reduce`. */
import { decodeValue, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInt32 } from '../numeric.js'
import { declare, type Expression, type Scope } from '../scope.js'
import { isNullish, isNumeric, isTrue, typeName } from '../values.js'
import { checkVariableName } from '../variables.js'
import { namedArguments, type OperatorParser, parseOptional } from './arguments.js'

/** Declares the variable that holds an element; `this` unless `as` names it. */
function declareElement(as: RawValue | undefined, scope: Scope) {
  const name = as ? decodeValue(as.buf, as.type, as.at) : 'this'
  if (typeof name !== 'string') {
    throw new CommandError('FailedToParse', `invalid parameter: expected a string (as)`)
  }
  checkVariableName(name)
  return declare(scope, name)
}

export const filter: OperatorParser = (argument, scope) => {
  const found = namedArguments(argument, '$filter', ['input', 'as', 'cond', 'limit'], {
    notDocument: 28646,
    unknown: 28647,
    missing: { input: 28648, cond: 28650 },
    messages: {
      unknown: (field) => `Unrecognized parameter to $filter: ${field}`,
      missing: (field) => `Missing '${field}' parameter to $filter`,
    },
  })
  const input = scope.parse(found.input as RawValue, scope).evaluate
  const limit = parseOptional(found.limit, scope)?.evaluate
  const { scope: inner, slot } = declareElement(found.as, scope)
  const keep = inner.parse(found.cond as RawValue, inner).evaluate
  return {
    evaluate: (context) => {
      const array = input(context)
      if (isNullish(array)) return null
      if (!Array.isArray(array)) {
        throw new CommandError(28651, `input to $filter must be an array not ${typeName(array)}`)
      }
      const most = limit ? filterLimit(limit(context)) : Infinity
      const result: Value[] = []
      for (const element of array) {
        context.slots[slot] = element
        if (isTrue(keep(context)) && result.push(element) >= most) break
      }
      return result
    },
  }
}

function filterLimit(value: Value | undefined): number {
  if (isNullish(value)) return Infinity
  const limit = isNumeric(value) ? exactInt32(value) : undefined
  if (limit === undefined) {
    throw new CommandError(327391, `$filter: limit must be represented as a 32-bit integral value`)
  }
  if (limit <= 0)
    throw new CommandError(327392, `$filter: limit must be greater than 0, got: ${limit}`)
  return limit
}

export const map: OperatorParser = (argument, scope) => {
  const found = namedArguments(argument, '$map', ['input', 'as', 'in'], {
    notDocument: 16878,
    unknown: 16879,
    missing: { input: 16880, in: 16882 },
    messages: {
      unknown: (field) => `Unrecognized parameter to $map: ${field}`,
      missing: (field) => `Missing '${field}' parameter to $map`,
    },
  })
  const input = scope.parse(found.input as RawValue, scope).evaluate
  const { scope: inner, slot } = declareElement(found.as, scope)
  const each = inner.parse(found.in as RawValue, inner).evaluate
  return {
    evaluate: (context) => {
      const array = input(context)
      if (isNullish(array)) return null
      if (!Array.isArray(array)) {
        throw new CommandError(16883, `input to $map must be an array not ${typeName(array)}`)
      }
      const result: Value[] = new Array(array.length)
      for (let i = 0; i < array.length; i++) {
        context.slots[slot] = array[i]
        result[i] = each(context) ?? null
      }
      return result
    },
  }
}

export const reduce: OperatorParser = (argument, scope) => {
  const found = namedArguments(argument, '$reduce', ['input', 'initialValue', 'in'], {
    notDocument: 40075,
    unknown: 40076,
    missing: { input: 40077, initialValue: 40078, in: 40079 },
    messages: {
      notDocument: '$reduce requires an object as an argument',
      unknown: (field) => `$reduce found an unknown argument: ${field}`,
      missing: (field) => `$reduce requires '${field}' to be specified`,
    },
  })
  const input: Expression = scope.parse(found.input as RawValue, scope)
  const initial = scope.parse(found.initialValue as RawValue, scope).evaluate
  const element = declare(scope, 'this')
  const total = declare(element.scope, 'value')
  const each = total.scope.parse(found.in as RawValue, total.scope).evaluate
  return {
    evaluate: (context) => {
      const array = input.evaluate(context)
      if (isNullish(array)) return null
      if (!Array.isArray(array)) {
        throw new CommandError(
          40080,
          `$reduce requires that 'input' be an array, found: ${typeName(array)}`,
        )
      }
      let value = initial(context)
      for (const item of array) {
        context.slots[element.slot] = item
        context.slots[total.slot] = value
        value = each(context)
      }
      return value
    },
  }
}
