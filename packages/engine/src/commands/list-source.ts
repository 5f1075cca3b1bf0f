import type { RawValue } from '@gantry/bson'
import { arg, optional } from './args.js'
import type { CursorSource } from './cursors.js'
import { readDocument } from './read-args.js'

/** Results that are all there already, handed out in batches. */
export function listSource(docs: readonly Buffer[]): CursorSource {
  let at = 0
  return {
    async next(_context, { batchSize }) {
      const batch = docs.slice(at, at + batchSize)
      at += batch.length
      return { docs: batch, done: at >= docs.length }
    },
  }
}

/** The `cursor` argument of commands that answer with one. */
export function cursorOptions(cursor: RawValue | undefined): { batchSize?: number } {
  if (!cursor) return {}
  return readDocument('cursor', { batchSize: optional(arg.count) }, cursor)
}
