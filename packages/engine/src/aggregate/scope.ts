/**
 * What an expression is compiled against. A compiled expression is a closure over a
 * context: the raw bytes of the document at hand and the values of variables. Each
 * variable has a slot of its own in the context, handed out when it is declared, so
 * reading one is an array access and nested pipelines never overwrite each other's.
 */
import type { DateTime, RawValue, Timestamp, Value } from '@gantry/bson'

/** The document and variables that expressions are evaluated on. One context serves one command. */
export interface Context {
  buf: Buffer
  /** Offset of `$$CURRENT`, where field paths start. */
  doc: number
  /** Offset of `$$ROOT`, in the same buffer. */
  root: number
  readonly slots: (Value | undefined)[]
}

/** A value, or undefined when it is missing. */
export type Evaluate = (context: Context) => Value | undefined

export interface Expression {
  readonly evaluate: Evaluate
  /** The value never changes: `evaluate` may be called without a document. */
  readonly constant?: true
  /** The dotted path below `$$CURRENT`, when the expression is nothing but a field path. */
  readonly path?: string
}

/** Where a variable's value is found. */
export type Variable = { readonly slot: number } | { readonly value: Value | undefined }

/** The names that an expression sees, and what it is found to depend on. */
export interface Scope {
  readonly context: Context
  readonly variables: ReadonlyMap<string, Variable>
  /** Parses a nested expression; a field of the scope as the operators cannot import the parser that lists them. */
  readonly parse: (value: RawValue, scope: Scope) => Expression
  readonly runtime: RuntimeConstants
  readonly uses: Dependencies
  /** Within `$redact`, where `$$DESCEND`, `$$PRUNE` and `$$KEEP` are defined. */
  readonly redacting?: true
}

/** What an expression reads besides its arguments. */
export interface Dependencies {
  /** Dotted paths below the document. */
  readonly paths: Set<string>
  /** The document as a whole is used. */
  whole: boolean
  /** Slots of the variables used. */
  readonly slots: Set<number>
  /** A new evaluation may answer something else on the same document (`$rand`). */
  random: boolean
}

/** The values that are fixed while a command runs. */
export interface RuntimeConstants {
  readonly now?: DateTime
  readonly clusterTime?: Timestamp
  readonly userRoles?: Value
}

export function newDependencies(): Dependencies {
  return { paths: new Set(), whole: false, slots: new Set(), random: false }
}

export function newContext(): Context {
  return { buf: Buffer.alloc(0), doc: 0, root: 0, slots: [] }
}

/** A scope with one more variable, and the slot that its value goes to. */
export function declare(scope: Scope, name: string): { scope: Scope; slot: number } {
  const slot = scope.context.slots.push(undefined) - 1
  const variables = new Map(scope.variables).set(name, { slot })
  return { scope: { ...scope, variables }, slot }
}

/** An expression that always has this value. */
export function constant(value: Value | undefined): Expression {
  return { evaluate: () => value, constant: true }
}

const NOWHERE = newContext()

/** The value of a constant expression. */
export function constantValue(expression: Expression): Value | undefined {
  return expression.evaluate(NOWHERE)
}

/** Evaluates at once what depends on constants only; a mistake in such an expression is told before any document is read. */
export function fold(evaluate: Evaluate, parts: readonly Expression[]): Expression {
  for (const part of parts) if (!part.constant) return { evaluate }
  try {
    return constant(evaluate(NOWHERE))
  } catch (error) {
    if (typeof error === 'object' && error !== null) foldErrors.add(error)
    throw error
  }
}

const foldErrors = new WeakSet<object>()

/** Whether an error arose as constants were evaluated ahead, so that the expression itself is well formed. */
export function isFoldError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && foldErrors.has(error)
}
