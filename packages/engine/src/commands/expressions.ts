import type { RawValue, Value } from '@gantry/bson'
import type { DocumentPredicate } from '../query/filter.js'
import type { CommandContext } from './command.js'

/** Aggregation expressions as other parts of a command use them. */
export interface Expressions {
  /** For `$expr`. */
  readonly test?: (expression: RawValue) => DocumentPredicate
  /** For projections. */
  readonly value?: (expression: RawValue) => (buf: Buffer, doc: number) => Value | undefined
  /** For updates by a pipeline. */
  readonly pipeline?: (stages: RawValue) => (doc: Buffer) => Buffer
}

/** Compilers of expressions that know the command's time and its variables (`let`). */
export function expressionsFor(_context: CommandContext, _variables?: RawValue): Expressions {
  return {}
}
