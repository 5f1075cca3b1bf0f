/** `$cond`, `$ifNull` and `$switch`: only the branch taken is evaluated. */
import { type RawValue, typeAlias } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
import {
  constant,
  constantValue,
  type Evaluate,
  type Expression,
  fold,
  isFoldError,
  type Scope,
} from '../scope.js'
import { isNullish, isTrue } from '../values.js'
import { checkExact, namedArguments, type OperatorParser, parseList } from './arguments.js'

export const cond: OperatorParser = (argument, scope, name) => {
  const parts = isDocument(argument) ? conditionFields(argument, scope) : parseList(argument, scope)
  checkExact(name, parts.length, 3)
  const [condition, then, otherwise] = parts
  if (condition.constant) return isTrue(constantValue(condition)) ? then : otherwise
  const test = condition.evaluate
  const yes = then.evaluate
  const no = otherwise.evaluate
  return { evaluate: (context) => (isTrue(test(context)) ? yes(context) : no(context)) }
}

/** Built from pairs, as an object with a `then` passes for a promise. */
const REQUIRED_BY_COND: Readonly<Record<string, number>> = Object.fromEntries([
  ['if', 17080],
  ['then', 17081],
  ['else', 17082],
])

function conditionFields(argument: RawValue, scope: Scope): Expression[] {
  const found = namedArguments(argument, '$cond', ['if', 'then', 'else'], {
    notDocument: 17080,
    unknown: 17083,
    missing: REQUIRED_BY_COND,
    messages: {
      unknown: (field) => `Unrecognized parameter to $cond: ${field}`,
      missing: (field) => `Missing '${field}' parameter to $cond`,
    },
  })
  return [found.if, found.then, found.else].map((value) => scope.parse(value as RawValue, scope))
}

/** The first argument that is not null or missing, or else the last one. */
export const ifNull: OperatorParser = (argument, scope) => {
  const parts = parseList(argument, scope)
  if (parts.length < 2) {
    throw new CommandError(1257300, `$ifNull needs at least two arguments, had: ${parts.length}`)
  }
  const evaluates = parts.map((part) => part.evaluate)
  const last = evaluates.length - 1
  return fold((context) => {
    for (let i = 0; i < last; i++) {
      const value = evaluates[i](context)
      if (!isNullish(value)) return value
    }
    return evaluates[last](context)
  }, parts)
}

interface Branch {
  readonly test: Evaluate
  readonly value: Evaluate
}

/** The value of the first branch whose case is true. */
export const switchOperator: OperatorParser = (argument, scope) => {
  if (!isDocument(argument)) {
    throw new CommandError(
      40060,
      `$switch requires an object as an argument, found: ${typeText(argument)}`,
    )
  }
  let parts: Expression[][] = []
  let defaultValue: RawValue | undefined
  for (const [name, value] of fieldsOf(argument)) {
    if (name === 'branches') parts = parseBranches(value, scope)
    else if (name === 'default') defaultValue = value
    else throw new CommandError(40067, `$switch found an unknown argument: ${name}`)
  }
  const otherwise = defaultValue && scope.parse(defaultValue, scope)
  if (parts.length === 0) throw new CommandError(40068, '$switch requires at least one branch.')
  const compiled = parts.map(([test, then]) => ({ test: test.evaluate, value: then.evaluate }))
  if (!otherwise && parts.every(([test]) => test.constant && !isTrue(constantValue(test)))) {
    throw new CommandError(
      40069,
      'One cannot execute a switch statement where all the cases evaluate to false without a default.',
    )
  }
  return fold(choose(compiled, otherwise?.evaluate), [...parts.flat(), otherwise ?? constant(null)])
}

/** Parses what may never be evaluated: then a constant that fails is no mistake. */
function parseReached(value: RawValue, scope: Scope, reached: boolean): Expression {
  try {
    return scope.parse(value, scope)
  } catch (error) {
    if (reached || !isFoldError(error)) throw error
    return constant(undefined)
  }
}

function choose(branches: readonly Branch[], otherwise: Evaluate | undefined): Evaluate {
  return (context) => {
    for (const { test, value } of branches) if (isTrue(test(context))) return value(context)
    if (otherwise) return otherwise(context)
    throw new CommandError(
      40066,
      '$switch could not find a matching branch for an input, and no default was specified.',
    )
  }
}

/** Behind a case that is always true nothing is ever reached. */
function parseBranches(value: RawValue, scope: Scope): Expression[][] {
  if (!isArray(value)) {
    throw new CommandError(
      40061,
      `$switch expected an array for 'branches', found: ${typeText(value)}`,
    )
  }
  const parts: Expression[][] = []
  let decided = false
  for (const branch of elementsOf(value)) {
    const [test, then] = parseBranch(branch, scope, !decided)
    parts.push([test, then])
    decided ||= test.constant === true && isTrue(constantValue(test))
  }
  return parts
}

function parseBranch(branch: RawValue, scope: Scope, reached: boolean): [Expression, Expression] {
  if (!isDocument(branch)) {
    throw new CommandError(
      40062,
      `$switch expected each branch to be an object, found: ${typeText(branch)}`,
    )
  }
  let test: Expression | undefined
  let then: RawValue | undefined
  for (const [name, value] of fieldsOf(branch)) {
    if (name === 'case') test = parseReached(value, scope, reached)
    else if (name === 'then') then = value
    else throw new CommandError(40063, `$switch found an unknown argument to a branch: ${name}`)
  }
  if (!test) throw new CommandError(40064, "$switch requires each branch have a 'case' expression")
  if (!then) throw new CommandError(40065, "$switch requires each branch have a 'then' expression.")
  const never = test.constant === true && !isTrue(constantValue(test))
  return [test, parseReached(then, scope, reached && !never)]
}

function typeText(value: RawValue): string {
  return typeAlias(value.type)
}
