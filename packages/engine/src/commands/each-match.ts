import { type Collection, namespaceOf } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import type { Execution } from '../plan/execution.js'
import type { ReadContext } from './cursors.js'
import { runSlice } from './run-slice.js'

/** The collection as it now is. Throws when it was dropped while a query was reading it. */
export function stillThere(catalog: ReadContext['catalog'], collection: Collection): Collection {
  const current = catalog.findById(collection.id)
  if (current) return current
  throw new CommandError(
    'QueryPlanKilled',
    `collection dropped: ${namespaceOf(collection)} was dropped while it was read`,
  )
}

/** Runs a query to its end, or until the visitor answers false, letting others in between. */
export async function eachMatch(
  context: Pick<ReadContext, 'catalog' | 'view' | 'operation' | 'breathe'>,
  collection: Collection,
  execution: Execution,
  visit: (doc: Buffer) => boolean,
): Promise<void> {
  let wantsMore = true
  for (;;) {
    const current = stillThere(context.catalog, collection)
    const state = runSlice(context.operation, execution, context.view, current, (doc) => {
      wantsMore = visit(doc)
      return wantsMore
    })
    if (state === 'done' || !wantsMore) return
    await context.breathe()
  }
}
