import { DateTime, type RawValue, type Value } from '@gantry/bson'
import { compileExpression, type ExpressionOptions, evaluateLet } from '../aggregate/expression.js'
import { isTrue } from '../aggregate/values.js'
import type { DocumentPredicate } from '../query/filter.js'
import type { CommandContext } from './command.js'

/** Aggregation expressions as other parts of a command use them. */
export interface Expressions {
  /** For `$expr`. */
  readonly test: (expression: RawValue) => DocumentPredicate
  /** For projections. */
  readonly value: (expression: RawValue) => (buf: Buffer, doc: number) => Value | undefined
  /** What all of the command's expressions may refer to. */
  readonly options: () => ExpressionOptions
}

/** Compilers of expressions that know the command's time and its variables (`let`). */
export function expressionsFor(
  context: Pick<CommandContext, 'now' | 'oplog'>,
  variables?: RawValue,
): Expressions {
  let known: ExpressionOptions | undefined
  // Few commands have expressions, so nothing is worked out before one asks.
  function options(): ExpressionOptions {
    if (known) return known
    const runtime = { now: DateTime.fromMs(context.now()), clusterTime: context.oplog.clock.latest }
    known = { ...runtime, variables: variables && evaluateLet(variables, runtime) }
    return known
  }
  const value = (expression: RawValue) => compileExpression(expression, options())
  return {
    options,
    value,
    test: (expression) => {
      const evaluate = value(expression)
      return (buf, doc) => isTrue(evaluate(buf, doc))
    },
  }
}
