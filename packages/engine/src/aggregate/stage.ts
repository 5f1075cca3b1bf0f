import type { RawValue, Value } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { Filter, FilterContext } from '../query/filter.js'
import { bindExpression, parseExpression } from './expression.js'
import { operators } from './operators/index.js'
import type { Scope } from './scope.js'
import type { Leading, PipelineServices, Target } from './services.js'
import type { SortPattern } from './sort-pattern.js'
import type { DocumentStream } from './stream.js'
import { isTrue } from './values.js'

/** One stage of a pipeline, compiled. It may be opened any number of times, one after the other. */
export interface Stage {
  readonly name: string
  open(input: DocumentStream, services: PipelineServices): DocumentStream
  /** Makes documents of its own and takes none: it must come first. */
  readonly source?: true
  /** Writes documents: it must come last. */
  readonly sink?: true
  /** What optimising and planning need to know. */
  readonly filter?: Filter
  readonly sort?: SortPattern
  readonly skip?: number
  readonly limit?: number
  /** The first parts of the paths whose values it may change; undefined for all. A stage with this keeps each document apart. */
  readonly changes?: ReadonlySet<string>
  /** Other collections that it reads or writes. */
  readonly targets?: readonly Target[]
}

/** A parsed pipeline: how it begins, for a planner, and the stages that follow. */
export interface Pipeline {
  readonly leading: Leading
  readonly stages: readonly Stage[]
  /** The first stage makes the documents: no collection is read. */
  readonly ownSource: boolean
  /** All stages as given, by name. */
  readonly names: readonly string[]
  /** Collections that stages read or write, nested pipelines included. */
  readonly targets: readonly Target[]
}

/** Where a nested pipeline stands; some stages are refused there. */
export type Nesting = '$facet' | '$lookup' | '$unionWith'

/** What stages are parsed with. */
export interface StageContext {
  readonly scope: Scope
  readonly db: string
  /** The collection that the pipeline runs on; undefined when it is one of the whole database (`aggregate: 1`). */
  readonly collection: string | undefined
  readonly nesting: readonly Nesting[]
  /** Parses a nested pipeline; a field of the context as stages cannot import the parser that lists them. */
  parsePipeline(stages: RawValue, context: StageContext): Pipeline
}

export type StageParser = (
  argument: RawValue,
  context: StageContext,
  name: string,
) => Stage | Stage[]

/** The value of an expression on a raw document. */
export type DocumentValue = (buf: Buffer, doc: number) => Value | undefined

export function compileValue(value: RawValue, { scope }: StageContext): DocumentValue {
  return bindExpression(parseExpression(value, scope), scope)
}

/** What parsing a filter of this pipeline needs. */
export function filterContext(context: StageContext): FilterContext {
  return {
    random: Math.random,
    expression: (operand) => {
      const value = compileValue(operand, context)
      return (buf, doc) => isTrue(value(buf, doc))
    },
  }
}

/** What parsing a projection of this pipeline needs. */
export function projectionContext(context: StageContext) {
  return {
    dialect: 'aggregate' as const,
    expression: (value: RawValue) => compileValue(value, context),
    isOperator: (name: string) => operators.has(name),
  }
}

/** A document that exceeds BSON's limit cannot go on to the next stage. */
export function checkDocumentSize(doc: Buffer): Buffer {
  if (doc.length > 16 * 1024 * 1024 + 16 * 1024) {
    throw new CommandError(
      'BSONObjectTooLarge',
      `BSONObj size: ${doc.length} (0x${doc.length.toString(16).toUpperCase()}) is invalid. Size must be between 0 and 16793600(16MB)`,
    )
  }
  return doc
}
