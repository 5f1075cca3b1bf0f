import { DateTime, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { readPath } from '../field-path.js'
import { toDouble } from '../numeric.js'
import type { Scope } from '../scope.js'
import type { SortPattern } from '../sort-pattern.js'
import type { StageContext } from '../stage.js'
import { isNumeric, typeName } from '../values.js'

/** The documents of one partition in the order of `sortBy`. */
export interface Partition {
  readonly docs: readonly Buffer[]
  /** What tells documents with equal sort values. */
  readonly sortKeys: readonly Buffer[]
}

/** The value of a window function for each document of a partition. */
export type WindowFunction = (partition: Partition) => (Value | undefined)[]

/** What a window function is parsed with. */
export interface WindowContext {
  readonly name: string
  readonly sortBy: SortPattern | undefined
  readonly window: RawValue | undefined
  readonly stage: StageContext
}

export type WindowFunctionParser = (argument: RawValue, context: WindowContext) => WindowFunction

/** Calls back with a scope's context set to a document. */
export function onDocument<T>({ context }: Scope, doc: Buffer, work: () => T): T {
  context.buf = doc
  context.doc = 0
  context.root = 0
  return work()
}

/** The one field that the partition is sorted by; throws with a code when there are none or several. */
export function onlySortField(context: WindowContext, code: number): SortPattern[number] {
  const { sortBy, name } = context
  if (sortBy?.length === 1) return sortBy[0]
  throw new CommandError(
    code,
    `${name} must be specified with a top level sortBy expression with exactly one element`,
  )
}

/** A number, or a date as milliseconds. */
export interface Position {
  readonly at: number
  readonly date: boolean
}

/** The sort value of a document as a number; undefined of null and missing. */
export function positionOf(
  doc: Buffer,
  field: SortPattern[number],
  name: string,
): Position | undefined {
  const value = readPath(doc, 0, field.path)
  if (isNumeric(value)) return { at: toDouble(value), date: false }
  if (value instanceof DateTime) return { at: Number(value.ms), date: true }
  if (value === undefined || value === null) return undefined
  throw new CommandError(
    5429414,
    `${name} needs numbers or dates to sort by, but found ${typeName(value)}`,
  )
}
