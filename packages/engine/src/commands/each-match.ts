import type { Collection } from '../catalog/collection.js'
import type { Execution } from '../plan/execution.js'
import type { ReadContext } from './cursors.js'

/** Runs a query to its end, or until the visitor answers false, letting others in between. */
export async function eachMatch(
  context: Pick<ReadContext, 'catalog' | 'view' | 'breathe'>,
  collection: Collection,
  execution: Execution,
  visit: (doc: Buffer) => boolean,
): Promise<void> {
  let wantsMore = true
  for (;;) {
    const current = context.catalog.findById(collection.id)
    if (!current) return
    const state = execution.run(context.view, current, (doc) => {
      wantsMore = visit(doc)
      return wantsMore
    })
    if (state === 'done' || !wantsMore) return
    await context.breathe()
  }
}
