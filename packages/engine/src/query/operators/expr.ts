import { CommandError } from '../../errors.js'
import type { TopLevelParser } from './operator.js'

/** An aggregation expression that must come out true; who parses the filter brings the compiler for it. */
export const parseExpr: TopLevelParser = (operand, { context, inElement }) => {
  if (inElement) {
    throw new CommandError('BadValue', '$expr can only be applied to the top-level document')
  }
  if (!context.expression) {
    throw new CommandError('QueryFeatureNotAllowed', '$expr is not allowed in this context')
  }
  return { kind: 'expr', operand, matches: context.expression(operand) }
}
