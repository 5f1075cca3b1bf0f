import { encodeDocument, type Writable } from '@gantry/bson'
import { compileFilter } from '../query/compile.js'
import { arg, optional, withDefault } from './args.js'
import { isAllowed, isAllowedWithin, requireAction } from './authorize.js'
import { type CommandContext, command } from './command.js'
import { readFilter } from './query-request.js'
import { databaseSize } from './sizes.js'

/** The databases of the engine with the space they take. */
export const listDatabases = command({
  name: 'listDatabases',
  help: 'All databases',
  access: 'authenticated',
  adminOnly: true,
  args: {
    listDatabases: arg.any,
    filter: optional(arg.document),
    nameOnly: withDefault(arg.bool, false),
    authorizedDatabases: optional(arg.bool),
  },
  run(context, { filter, nameOnly, authorizedDatabases }) {
    const isShown = shownDatabases(context, authorizedDatabases)
    const matches = compileFilter(readFilter(context, filter))
    const all = context.catalog
      .databases()
      .filter(isShown)
      .map((name) => {
        const sizeOnDisk = databaseSize(context.catalog.collections(name))
        return { name, sizeOnDisk: BigInt(sizeOnDisk), empty: sizeOnDisk === 0 }
      })
    const databases = all.filter((database) => matches(encodeDocument(database), 0))
    if (nameOnly) return { databases: databases.map(({ name }) => ({ name })) as Writable[] }
    const totalSize = databases.reduce((sum, { sizeOnDisk }) => sum + sizeOnDisk, 0n)
    return { databases, totalSize, totalSizeMb: totalSize / 1048576n }
  },
})

/** All databases for who may list them; otherwise, or when asked for, those in which the caller may find something. */
function shownDatabases(
  context: CommandContext,
  onlyAuthorized: boolean | undefined,
): (db: string) => boolean {
  const cluster = { cluster: true } as const
  if (onlyAuthorized === false) requireAction(context, 'listDatabases', cluster)
  if (!onlyAuthorized && isAllowed(context, 'listDatabases', cluster)) return () => true
  return (db) => isAllowedWithin(context, 'find', db)
}
