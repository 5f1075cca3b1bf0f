import { arg } from './args.js'
import { command } from './command.js'

/** Removes a database with all its collections. */
export const dropDatabase = command({
  name: 'dropDatabase',
  help: 'Removes a database',
  access: { action: 'dropDatabase', on: 'database' },
  takesWriteConcern: true,
  args: { dropDatabase: arg.any },
  async run(context) {
    context.observer.profiling.forget(context.db)
    return context.write((transaction) => {
      const collections = context.catalog.collections(context.db)
      for (const collection of collections) context.catalog.drop(transaction, collection)
      if (collections.length > 0) transaction.observer.databaseDropped(context.db)
      return collections.length > 0 ? { dropped: context.db } : {}
    })
  },
})
