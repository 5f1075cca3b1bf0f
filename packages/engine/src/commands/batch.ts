import { RawValue, type Writable } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import type { Reply } from '../engine.js'
import type { Execution } from '../plan/execution.js'
import type { PastRead } from '../transactions/past-reads.js'
import type { CommandContext } from './command.js'
import { scopeOf } from './cursor-owner.js'
import type { Batch, CursorSource } from './cursors.js'
import { stillThere } from './each-match.js'
import { runSlice } from './run-slice.js'
import type { QueryMemory } from './working-memory.js'

/** A reply's documents may take this much; one larger document still goes by itself. */
export const MAX_BATCH_BYTES = 16 * 1024 * 1024
/** Documents of a first batch when the caller names no number. */
export const DEFAULT_FIRST_BATCH = 101

/** Runs a query in slices, batch by batch, on the collection as it then is; each document may be finished from its record. */
export function executionSource(
  collection: Collection,
  execution: Execution,
  memory?: QueryMemory,
  finish?: (doc: Buffer, recordId: number) => Buffer,
): CursorSource {
  let held: Buffer | undefined
  let done = false

  return {
    async next(context, { batchSize }) {
      const docs: Buffer[] = []
      let size = 0
      if (held && batchSize > 0) {
        docs.push(held)
        size = held.length
        held = undefined
      }
      while (!done && !held && docs.length < batchSize) {
        const current = stillThere(context.catalog, collection)
        const state = runSlice(
          context.operation,
          execution,
          context.view,
          current,
          (found, recordId) => {
            const doc = finish ? finish(found, recordId) : found
            if (docs.length > 0 && size + doc.length > MAX_BATCH_BYTES) {
              held = doc
              return false
            }
            docs.push(doc)
            size += doc.length
            return docs.length < batchSize
          },
        )
        done = state === 'done'
        if (!done && !held && docs.length < batchSize) await context.breathe()
      }
      return { docs, done: done && !held }
    },
    close: () => memory?.close(),
  }
}

/** The reply that carries a first batch; registers a cursor when there is more to come. */
export async function firstBatch(
  context: CommandContext,
  namespace: string,
  given: CursorSource,
  options: { batchSize?: number; single?: boolean },
): Promise<Reply> {
  const source = context.past ? sourceInPast(given, context.past) : given
  const { atClusterTime } = source
  const batchSize = options.batchSize ?? DEFAULT_FIRST_BATCH
  const batch = await nextOrClose(context, source, batchSize)
  if (batch.done || options.single) {
    source.close?.()
    return cursorReply('firstBatch', { ...batch, atClusterTime }, 0n, namespace)
  }
  const cursor = context.cursors.open(namespace, context.session, source, scopeOf(context))
  return cursorReply('firstBatch', { ...batch, atClusterTime }, cursor.id, namespace)
}

/** Reads on in the past that the first batch is of, however late the next one is asked for. */
function sourceInPast(source: CursorSource, past: PastRead): CursorSource {
  const { view, catalog, time } = past
  const letGo = past.hold()
  let closed = false
  return {
    atClusterTime: time,
    next: (context, request) => source.next({ ...context, view, catalog }, request),
    close() {
      if (!closed) letGo()
      closed = true
      source.close?.()
    },
  }
}

async function nextOrClose(
  context: CommandContext,
  source: CursorSource,
  batchSize: number,
): Promise<Batch> {
  try {
    return await source.next(context, { batchSize })
  } catch (error) {
    source.close?.()
    throw error
  }
}

/** A reply with a batch of documents as they are. */
export function cursorReply(
  name: 'firstBatch' | 'nextBatch',
  {
    docs,
    postBatchResumeToken,
    atClusterTime,
  }: Pick<Batch, 'docs' | 'postBatchResumeToken'> & Pick<CursorSource, 'atClusterTime'>,
  id: bigint,
  ns: string,
): Reply {
  const cursor: Record<string, Writable> = {
    [name]: docs.map((doc) => RawValue.document(doc)),
    ...(postBatchResumeToken && { postBatchResumeToken: RawValue.document(postBatchResumeToken) }),
    ...(atClusterTime && { atClusterTime }),
    id,
    ns,
  }
  return { cursor }
}
