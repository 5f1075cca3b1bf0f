import { CommandError } from '../errors.js'
import { arg } from './args.js'
import { command } from './command.js'

/** Without them nobody could log in, or tell what has happened. */
const kept: ReadonlySet<string> = new Set(['admin', 'config', 'local'])

/** Removes a database with all its collections. */
export const dropDatabase = command({
  name: 'dropDatabase',
  help: 'Removes a database',
  access: { action: 'dropDatabase', on: 'database' },
  takesWriteConcern: true,
  args: { dropDatabase: arg.any },
  async run(context) {
    if (kept.has(context.db)) {
      throw new CommandError(
        'IllegalOperation',
        `Dropping the '${context.db}' database is prohibited.`,
      )
    }
    context.observer.profiling.forget(context.db)
    return context.write((transaction) => {
      const collections = context.catalog.collections(context.db)
      for (const collection of collections) context.catalog.drop(transaction, collection)
      if (collections.length > 0) transaction.observer.databaseDropped(context.db)
      return {}
    })
  },
})
