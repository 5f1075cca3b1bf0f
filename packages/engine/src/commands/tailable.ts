import { type Collection, namespaceOf } from '../catalog/collection.js'
import { getRecord, scanRecords } from '../catalog/records.js'
import { CommandError } from '../errors.js'
import type { QueryRequest } from '../plan/execution.js'
import { compileFilter } from '../query/compile.js'
import type { Waiter } from '../storage/commit-signal.js'
import { copyValue } from '../storage/copy.js'
import { MAX_BATCH_BYTES } from './batch.js'
import type { Batch, BatchRequest, CursorSource, ReadContext } from './cursors.js'

/** How long reading may hold the event loop. */
const SLICE_MS = 8
/** Records between two looks at the clock. */
const CLOCK_STRIDE = 64

/** Throws unless a tailable cursor may be had on a collection in the order asked for. */
export function checkTailable(collection: Collection, { sort }: QueryRequest): void {
  const bad = (message: string) =>
    new CommandError('BadValue', `error processing query: ${message}`)
  if (sort && (sort.kind !== 'natural' || sort.reverse)) {
    throw bad('cannot use tailable option with a sort other than {$natural: 1}')
  }
  if (collection.options.get('capped') !== true) {
    throw bad(`tailable cursor requested on non capped collection ${namespaceOf(collection)}`)
  }
}

/**
 * Documents of a capped collection in the order of their insertion. Its end is not an end:
 * what is inserted later comes with a later batch. Fails when documents that it has not
 * shown yet may have been removed, and when the collection goes.
 */
export function tailableSource(
  collection: Collection,
  request: QueryRequest,
  awaitsData: boolean,
): CursorSource {
  const reader = createReader(collection, request)
  let killed = false
  const waiter: Waiter = {}
  return {
    awaitsData,
    close() {
      killed = true
      waiter.wake?.()
    },
    async next(context, { batchSize, waitMs = 0 }: BatchRequest): Promise<Batch> {
      const docs: Buffer[] = []
      const deadline = performance.now() + waitMs
      for (;;) {
        const state = reader.read(context, docs, batchSize)
        if (state === 'paused') {
          await context.breathe()
          continue
        }
        const left = deadline - performance.now()
        if (state === 'full' || docs.length > 0 || !awaitsData || left <= 0) {
          return { docs, done: false }
        }
        // A commit that comes after the reading wakes us, however soon it comes.
        await context.commits.wait(left, waiter)
        if (killed) throw new CommandError('CursorKilled', 'cursor was killed while it waited')
      }
    },
  }
}

/** `end`: there are no further documents for now; `full`: the batch is; `paused`: the time is over. */
type ReadState = 'end' | 'full' | 'paused'

function createReader(collection: Collection, { filter, project, skip, limit }: QueryRequest) {
  const matches = compileFilter(filter)
  let after: number | undefined
  let toSkip = skip ?? 0
  let left = limit || Number.POSITIVE_INFINITY

  /** The collection as it is now. Throws when the position in it is gone. */
  function current({ catalog, view }: ReadContext): Collection {
    const found = catalog.findById(collection.id)
    if (!found || namespaceOf(found) !== namespaceOf(collection)) {
      throw new CommandError(
        'QueryPlanKilled',
        `collection ${found ? 'renamed' : 'dropped'}: ${namespaceOf(collection)}`,
      )
    }
    if (after !== undefined && !getRecord(view, found, after)) {
      throw new CommandError(
        'CappedPositionLost',
        `CollectionScan died due to position in capped collection being deleted. Last seen record id: RecordId(${after})`,
      )
    }
    return found
  }

  return {
    /** Adds documents to a batch. */
    read(context: ReadContext, docs: Buffer[], batchSize: number): ReadState {
      const found = current(context)
      const endMs = performance.now() + SLICE_MS
      let untilClock = CLOCK_STRIDE
      let size = docs.reduce((sum, doc) => sum + doc.length, 0)
      let state: ReadState = 'end'
      if (docs.length >= batchSize || left <= 0) return 'full'
      scanRecords(context.view, found, { after }, (recordId, entry) => {
        if (matches(entry.value, 0)) {
          if (toSkip > 0) toSkip--
          else {
            const doc = project ? project(entry.value, 0) : copyValue(entry)
            if (docs.length > 0 && size + doc.length > MAX_BATCH_BYTES) {
              state = 'full'
              return false
            }
            docs.push(doc)
            size += doc.length
            left--
          }
        }
        after = recordId
        if (docs.length >= batchSize || left <= 0) state = 'full'
        else if (--untilClock === 0) {
          untilClock = CLOCK_STRIDE
          if (performance.now() >= endMs) state = 'paused'
        }
        return state === 'end'
      })
      return state
    },
  }
}
