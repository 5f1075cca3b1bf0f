import { arg } from './args.js'
import { command } from './command.js'
import { checkCollectionName } from './namespace.js'

/** Removes a collection with its documents and indexes. */
export const drop = command({
  name: 'drop',
  help: 'Removes a collection',
  access: { action: 'dropCollection', on: 'collection' },
  takesWriteConcern: true,
  args: { drop: arg.collectionName },
  async run(context, { drop: name }) {
    checkCollectionName(context.db, name)
    return context.write((transaction) => {
      const collection = context.catalog.find(context.db, name)
      // Since MongoDB 7 it is no error when there is nothing to drop.
      if (!collection) return {}
      const nIndexesWas = collection.indexes.length
      context.catalog.drop(transaction, collection)
      return { ...(nIndexesWas > 0 && { nIndexesWas }), ns: `${context.db}.${name}` }
    })
  },
})
