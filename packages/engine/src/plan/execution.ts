import type { Collection } from '../catalog/collection.js'
import { compileFilter } from '../query/compile.js'
import type { DocumentPredicate, Filter } from '../query/filter.js'
import type { WorkingMemory } from '../spill/working-memory.js'
import { copyValue } from '../storage/copy.js'
import type { View } from '../storage/view.js'
import type { Hint } from './hint.js'
import type { KeyRange } from './key-range.js'
import { type AccessPlan, planAccess } from './planner.js'
import { compileSortKey, type SortPattern } from './sort-keys.js'
import { createSorter, type SortedDocument, type Sorter } from './sorter.js'
import { openSource, type RecordSource } from './source.js'

export interface QueryRequest {
  readonly filter: Filter
  readonly sort?: SortPattern
  readonly hint?: Hint
  /** The keys of the hinted index to which the query is restricted. */
  readonly keys?: KeyRange
  readonly skip?: number
  /** 0 for all. */
  readonly limit?: number
  /** From a stored document to what the caller gets; documents are copied as they are without it. */
  readonly project?: (buf: Buffer, doc: number) => Buffer
}

/** Takes a result; answers false when it wants no more for now. */
export type ResultSink = (doc: Buffer, recordId: number) => boolean

/**
 * A query under way. `run` works for a slice of time and may be called again whenever;
 * it holds nothing of the store in between.
 */
export interface Execution {
  readonly plan: AccessPlan
  readonly docsExamined: number
  readonly keysExamined: number
  /** Hands results to the sink. `paused`: the slice of time is over or the sink has enough; `done`: there are no more. */
  run(view: View, collection: Collection, sink: ResultSink, sliceMs?: number): 'paused' | 'done'
}

/** How long a query may hold the event loop before it lets others in. */
export const SLICE_MS = 8
/** Records between two looks at the clock. */
const CLOCK_STRIDE = 64
/** A document counts once more for each 16 KiB of it. */
const LARGE_BITS = 14

/** A sort that exceeds its memory spills to where the memory says; without one it fails. */
export function startQuery(
  view: View,
  collection: Collection,
  request: QueryRequest,
  memory?: WorkingMemory,
): Execution {
  const plan = planAccess(view, collection, request)
  return new QueryExecution(plan, request, memory)
}

class QueryExecution implements Execution {
  docsExamined = 0
  private readonly source: RecordSource
  private readonly matches: DocumentPredicate
  private sorter: Sorter | undefined
  private sorted: Iterator<SortedDocument> | undefined
  private closeSorted: () => void = () => {}
  private toSkip: number
  private left: number

  constructor(
    readonly plan: AccessPlan,
    private readonly request: QueryRequest,
    memory: WorkingMemory | undefined,
  ) {
    this.source = openSource(plan.access)
    this.matches = compileFilter(request.filter)
    this.toSkip = request.skip ?? 0
    this.left = request.limit || Number.POSITIVE_INFINITY
    if (!plan.sorted && request.sort?.kind === 'fields') {
      const keep = request.limit ? request.limit + this.toSkip : 0
      this.sorter = createSorter(compileSortKey(request.sort.fields), keep, memory)
    }
  }

  get keysExamined(): number {
    return this.source.keysExamined
  }

  run(view: View, collection: Collection, sink: ResultSink, sliceMs = SLICE_MS): 'paused' | 'done' {
    const end = performance.now() + sliceMs
    if (this.sorter) {
      const { sorter } = this
      const more = this.scan(view, collection, end, (doc, recordId) => {
        sorter.add(recordId, doc)
        return true
      })
      if (more) return 'paused'
      this.sorted = sorter.finish()
      this.closeSorted = () => sorter.close()
      this.sorter = undefined
    }
    return this.sorted
      ? this.deliverSorted(sink, end)
      : this.deliverScanned(view, collection, sink, end)
  }

  /** Hands matching documents to a visitor until it has enough, the time is over (true) or there are no more (false). */
  private scan(
    view: View,
    collection: Collection,
    end: number,
    visit: (doc: Buffer, recordId: number) => boolean,
    skipFirst = false,
    project?: (buf: Buffer, doc: number) => Buffer,
  ): boolean {
    let untilClock = CLOCK_STRIDE
    return this.source.visit(view, collection, (recordId, entry) => {
      this.docsExamined++
      untilClock -= 1 + (entry.size >>> LARGE_BITS)
      const inTime = untilClock > 0 || performance.now() < end
      if (untilClock <= 0) untilClock = CLOCK_STRIDE
      if (!this.matches(entry.value, 0)) return inTime
      if (skipFirst && this.toSkip > 0) {
        this.toSkip--
        return inTime
      }
      const doc = project ? project(entry.value, 0) : copyValue(entry)
      return visit(doc, recordId) && inTime
    })
  }

  private deliverScanned(
    view: View,
    collection: Collection,
    sink: ResultSink,
    end: number,
  ): 'paused' | 'done' {
    const { project } = this.request
    const more = this.scan(
      view,
      collection,
      end,
      (doc, recordId) => {
        this.left--
        return sink(doc, recordId) && this.left > 0
      },
      true,
      project,
    )
    return more && this.left > 0 ? 'paused' : 'done'
  }

  private deliverSorted(sink: ResultSink, end: number): 'paused' | 'done' {
    const { sorted } = this
    const { project } = this.request
    for (let next = sorted?.next(); next && !next.done; next = sorted?.next()) {
      if (this.toSkip > 0) {
        this.toSkip--
        if (this.toSkip % CLOCK_STRIDE === 0 && performance.now() >= end) return 'paused'
        continue
      }
      this.left--
      const { doc, recordId } = next.value
      const wantsMore = sink(project ? project(doc, 0) : doc, recordId)
      if (this.left <= 0) {
        this.closeSorted()
        return 'done'
      }
      if (!wantsMore || performance.now() >= end) return 'paused'
    }
    return 'done'
  }
}
