import type { Path, RawValue } from '@gantry/bson'
import type { Filter, FilterContext } from '../filter.js'

/** What an operator's parser is handed besides its operand. */
export interface OperatorScope {
  readonly path: Path
  /** The document that the operator stands in, as `$regex` and `$options` belong together. */
  readonly siblings: RawValue
  readonly parser: Parser
}

/** The ways back into the parser for operators that hold filters. */
export interface Parser {
  readonly context: FilterContext
  /** Whether what is parsed applies to an element of an array and not to the whole document. */
  readonly inElement: boolean
  /** A filter document that applies to what this one does. */
  filter(operand: RawValue): Filter
  /** A filter document that applies to an element of an array. */
  elementFilter(operand: RawValue): Filter
  /** A document of operators such as `{ $gt: 1, $lt: 5 }`, applied to a path. */
  predicates(operand: RawValue, path: Path): Filter[]
}

/** Parses one operator of a field. Answers undefined where the operator means nothing by itself. */
export type OperatorParser = (operand: RawValue, scope: OperatorScope) => Filter | undefined

/** Parses one operator that stands where a field name could. */
export type TopLevelParser = (operand: RawValue, parser: Parser) => Filter | undefined
