import type { Collection } from '../catalog/collection.js'
import type { Reply } from '../engine.js'
import { startQuery } from '../plan/execution.js'
import { findHint } from '../plan/hint.js'
import { arg, optional, withDefault } from './args.js'
import { collationArg } from './collation.js'
import { type CommandContext, command } from './command.js'
import { eachMatch } from './each-match.js'
import { hintArg } from './hint.js'
import { readFilter } from './query-request.js'
import { integer } from './sizes.js'
import { isView } from './view-definition.js'
import { eachOfView, type ViewQuery } from './view-query.js'

/** How many documents match a filter. A collection that does not exist has none. */
export const count = command({
  name: 'count',
  help: 'How many documents match a filter',
  access: { action: 'find', on: 'collection' },
  takesReadConcern: true,
  args: {
    count: arg.collectionName,
    query: optional(arg.document),
    skip: withDefault(arg.count, 0),
    limit: withDefault(arg.long, 0),
    hint: hintArg,
    collation: collationArg,
    fields: optional(arg.any),
  },
  async run(context, { count: name, query, skip, limit, hint }) {
    const filter = readFilter(context, query)
    const collection = context.catalog.find(context.db, name)
    if (!collection) return { n: 0 }
    if (isView(collection))
      return countInView(context, collection, { filter: query, skip, limit: Math.abs(limit), hint })
    // A negative limit means the same as a positive one; zero means none.
    const most = limit === 0 ? Number.POSITIVE_INFINITY : Math.abs(limit)
    const hinted = findHint(collection, hint)
    if (filter.kind === 'alwaysTrue' && hinted?.kind !== 'index')
      return { n: integer(Math.min(Math.max(0, collection.count - skip), most)) }
    const execution = startQuery(context.view, collection, {
      filter,
      hint: hinted,
      project: nothing,
    })
    let found = 0
    await eachMatch(context, collection, execution, () => ++found < skip + most)
    return { n: integer(Math.max(0, Math.min(found - skip, most))) }
  },
})

const NOTHING = Buffer.alloc(0)

/** Counting needs no copy of the documents. */
function nothing(): Buffer {
  return NOTHING
}

async function countInView(
  context: CommandContext,
  view: Collection,
  query: ViewQuery,
): Promise<Reply> {
  let n = 0
  await eachOfView(context, view, query, () => n++)
  return { n: integer(n) }
}
