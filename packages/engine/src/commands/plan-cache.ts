/**
 * Plans are chosen anew for each query, from samples of its indexes, so there is no cache of plans
 * to be cleared and nothing that a filter of indexes could steer.
 */
import { CommandError } from '../errors.js'
import { arg } from './args.js'
import { type CommandContext, command } from './command.js'
import { checkCollectionName } from './namespace.js'
import { isView } from './view-definition.js'

function checkTarget({ db, catalog }: CommandContext, name: string): void {
  checkCollectionName(db, name)
  const collection = catalog.find(db, name)
  if (!collection || !isView(collection)) return
  throw new CommandError(
    'CommandNotSupportedOnView',
    `Namespace ${db}.${name} is a view, not a collection`,
  )
}

/** Which queries the command is about; it is the same for all of them. */
const shape = { query: arg.any, sort: arg.any, projection: arg.any, collation: arg.any }
const shapeArgs = Object.fromEntries(
  Object.entries(shape).map(([name, any]) => [name, { ...any, fallback: () => undefined }]),
)

/** Forgets the plans of queries: there are none that are kept. */
export const planCacheClear = command({
  name: 'planCacheClear',
  help: 'Forgets plans of queries; none are kept',
  access: { action: 'planCacheWrite', on: 'collection' },
  args: { planCacheClear: arg.collectionName, ...shapeArgs },
  run(context, { planCacheClear: name }) {
    checkTarget(context, name as string)
    return {}
  },
})

/** The filters of indexes that were set: none. */
export const planCacheListFilters = command({
  name: 'planCacheListFilters',
  help: 'Filters of indexes; there are none',
  access: { action: 'planCacheIndexFilter', on: 'collection' },
  args: { planCacheListFilters: arg.collectionName },
  run(context, { planCacheListFilters: name }) {
    checkTarget(context, name)
    return { filters: [] }
  },
})

/** Removes filters of indexes, of which there are none. */
export const planCacheClearFilters = command({
  name: 'planCacheClearFilters',
  help: 'Removes filters of indexes; there are none',
  access: { action: 'planCacheIndexFilter', on: 'collection' },
  args: { planCacheClearFilters: arg.collectionName, ...shapeArgs },
  run(context, { planCacheClearFilters: name }) {
    checkTarget(context, name as string)
    return {}
  },
})

/** Refused, with what to use in its place. */
export const planCacheSetFilter = command({
  name: 'planCacheSetFilter',
  help: 'Refused: hints and hidden indexes do the same',
  access: { action: 'planCacheIndexFilter', on: 'collection' },
  args: { planCacheSetFilter: arg.collectionName },
  takesAnything: true,
  run(context, { planCacheSetFilter: name }) {
    checkTarget(context, name)
    throw new CommandError(
      'CommandNotSupported',
      'planCacheSetFilter is not supported: give queries a hint, or hide the index with collMod',
    )
  },
})
