import { type DocumentStream, Pause } from '../aggregate/pipeline.js'
import type { CursorSource } from './cursors.js'
import type { RunningServices } from './pipeline-services.js'

/** A batch's documents may take this much; one larger document still goes by itself. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024

/** Hands out what a pipeline makes, batch by batch. */
export function pipelineSource(stream: DocumentStream, services: RunningServices): CursorSource {
  let held: Buffer | undefined
  let done = false
  return {
    async next(context, { batchSize }) {
      const docs: Buffer[] = []
      let size = 0
      services.resume(context)
      if (held && batchSize > 0) {
        docs.push(held)
        size = held.length
        held = undefined
      }
      while (!done && !held && docs.length < batchSize) {
        const doc = services.overdue() ? new Pause() : stream.next()
        if (doc === undefined) {
          done = true
        } else if (doc instanceof Pause) {
          await doc.ready
          await context.breathe()
          services.resume(context)
        } else if (docs.length > 0 && size + doc.length > MAX_BATCH_BYTES) {
          held = doc
        } else {
          docs.push(doc)
          size += doc.length
        }
      }
      return { docs, done: done && !held }
    },
    close() {
      stream.close?.()
      services.close()
    },
  }
}
