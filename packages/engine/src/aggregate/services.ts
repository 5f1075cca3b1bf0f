/** What stages need from outside the pipeline; given by whoever runs it. */
import type { Filter } from '../query/filter.js'
import type { WorkingMemory } from '../spill/working-memory.js'
import type { SortPattern } from './sort-pattern.js'
import type { DocumentStream, Overdue } from './stream.js'

export interface Target {
  readonly db: string
  readonly collection: string
}

/** How a pipeline begins, in terms that a query planner can use. Applied in this order. */
export interface Leading {
  readonly filter: Filter
  readonly sort?: SortPattern
  /** Of the sorted or natural order. */
  readonly skip?: number
  readonly limit?: number
}

/** How `$merge` treats documents. */
export interface MergeRule {
  /** The fields that tell whether a document is there already; a unique index must cover exactly them. */
  readonly on: readonly string[]
  /** What takes the place of a document that is there: undefined to leave it. Throws to fail. */
  whenMatched(existing: Buffer, incoming: Buffer): Buffer | undefined
  readonly whenNotMatched: 'insert' | 'discard' | 'fail'
}

/** Writes of `$out`: nothing shows before `commit`. */
export interface Replacement {
  write(documents: readonly Buffer[]): Promise<void>
  commit(): Promise<void>
  abort(): void
}

export interface PipelineServices {
  readonly overdue: Overdue
  /** The documents of a collection or view, with what leads the pipeline done. A collection that does not exist has none. */
  read(target: Target, leading: Leading): DocumentStream
  /** Whether equality on a field is answered by an index, so that a join may ask document by document. */
  hasIndex(target: Target, field: string): boolean
  /** Writes documents as `$merge` says. */
  merge?(target: Target, rule: MergeRule, documents: readonly Buffer[]): Promise<void>
  /** Checks that a unique index covers exactly these fields; throws Location51183 otherwise. */
  checkMergeKey?(target: Target, on: readonly string[]): void
  /** Starts to replace a collection as `$out` does. */
  replace?(target: Target): Replacement
  /** One document per collection or index, as the stage of the name answers it. */
  statistics?(
    stage: '$collStats' | '$indexStats',
    target: Target,
    options: Buffer,
  ): Iterable<Buffer>
  /** How much stages may hold, and where what exceeds it goes; without it they fail with MongoDB's error. */
  readonly memory?: WorkingMemory
}
