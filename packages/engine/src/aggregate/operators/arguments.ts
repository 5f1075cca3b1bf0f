/** How operators take their arguments. */
import type { RawValue, Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
import { type Context, type Expression, fold, type Scope } from '../scope.js'

/** Makes an expression of what follows the operator's name. */
export type OperatorParser = (argument: RawValue, scope: Scope, name: string) => Expression

/** The arguments as a list: an array's elements, or the one value given without an array. */
export function parseList(argument: RawValue, scope: Scope): Expression[] {
  const values = isArray(argument) ? elementsOf(argument) : [argument]
  return values.map((value) => scope.parse(value, scope))
}

/** An operator of exactly one argument. */
export function unary(apply: (value: Value | undefined) => Value | undefined): OperatorParser {
  return (argument, scope, name) => {
    const parts = parseList(argument, scope)
    checkExact(name, parts.length, 1)
    const { evaluate } = parts[0]
    return fold((context) => apply(evaluate(context)), parts)
  }
}

/** An operator of exactly two arguments. */
export function binary(
  apply: (a: Value | undefined, b: Value | undefined) => Value | undefined,
): OperatorParser {
  return (argument, scope, name) => {
    const parts = parseList(argument, scope)
    checkExact(name, parts.length, 2)
    const [a, b] = parts.map((part) => part.evaluate)
    return fold((context) => apply(a(context), b(context)), parts)
  }
}

/** An operator of a fixed number of arguments above two. */
export function fixed(
  count: number,
  apply: (values: (Value | undefined)[]) => Value | undefined,
): OperatorParser {
  return (argument, scope, name) => {
    const parts = parseList(argument, scope)
    checkExact(name, parts.length, count)
    return fold(overAll(parts, apply), parts)
  }
}

/** An operator of any number of arguments. */
export function variadic(
  apply: (values: (Value | undefined)[]) => Value | undefined,
): OperatorParser {
  return (argument, scope) => {
    const parts = parseList(argument, scope)
    return fold(overAll(parts, apply), parts)
  }
}

/** An operator whose last arguments may be left out. */
export function ranged(
  least: number,
  most: number,
  apply: (values: (Value | undefined)[]) => Value | undefined,
): OperatorParser {
  return (argument, scope, name) => {
    const parts = parseList(argument, scope)
    checkRange(name, parts.length, least, most)
    return fold(overAll(parts, apply), parts)
  }
}

function overAll(
  parts: readonly Expression[],
  apply: (values: (Value | undefined)[]) => Value | undefined,
) {
  const evaluates = parts.map((part) => part.evaluate)
  const { length } = evaluates
  return (context: Context) => {
    const values: (Value | undefined)[] = new Array(length)
    for (let i = 0; i < length; i++) values[i] = evaluates[i](context)
    return apply(values)
  }
}

export function checkExact(name: string, given: number, count: number): void {
  if (given === count) return
  throw new CommandError(
    16020,
    `Expression ${name} takes exactly ${count} arguments. ${given} were passed in.`,
  )
}

export function checkRange(name: string, given: number, least: number, most: number): void {
  if (given >= least && given <= most) return
  throw new CommandError(
    28667,
    `Expression ${name} takes at least ${least} arguments, and at most ${most}, but ${given} were passed in.`,
  )
}

/** What an operator of named arguments says when they are wrong. */
export interface NamedErrors {
  /** The argument is no document. */
  readonly notDocument: number
  readonly unknown: number
  /** By the name of the required argument. */
  readonly missing: Readonly<Record<string, number>>
  readonly messages?: {
    readonly notDocument?: string
    unknown?(field: string): string
    missing?(field: string): string
  }
}

/**
 * The arguments of an operator that takes a document of them. `known` lists all names;
 * those in `errors.missing` must be there. A name given twice counts the last time.
 */
export function namedArguments<Name extends string>(
  argument: RawValue,
  name: string,
  known: readonly Name[],
  errors: NamedErrors,
): Partial<Record<Name, RawValue>> {
  const { messages } = errors
  if (!isDocument(argument)) {
    throw new CommandError(
      errors.notDocument,
      messages?.notDocument ?? `${name} only supports an object as its argument`,
    )
  }
  const found: Partial<Record<Name, RawValue>> = {}
  for (const [field, value] of fieldsOf(argument)) {
    if (!known.includes(field as Name)) {
      throw new CommandError(
        errors.unknown,
        messages?.unknown?.(field) ?? `Unrecognized argument to ${name}: ${field}`,
      )
    }
    found[field as Name] = value
  }
  for (const field of Object.keys(errors.missing)) {
    if (found[field as Name]) continue
    throw new CommandError(
      errors.missing[field],
      messages?.missing?.(field) ?? `Missing '${field}' parameter to ${name}`,
    )
  }
  return found
}

/** Parses an argument that may be left out. */
export function parseOptional(value: RawValue | undefined, scope: Scope): Expression | undefined {
  return value && scope.parse(value, scope)
}
