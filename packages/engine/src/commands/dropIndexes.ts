import { compareValues, type Value } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { ID_INDEX, type Index } from '../catalog/index-definition.js'
import { CommandError } from '../errors.js'
import { arg } from './args.js'
import { command } from './command.js'
import { notView } from './writable-collection.js'

/** Removes indexes by name or key pattern, or all (`*`) but the one on `_id`. */
export const dropIndexes = command({
  name: 'dropIndexes',
  aliases: ['deleteIndexes'],
  help: 'Removes indexes',
  access: { action: 'dropIndex', on: 'collection' },
  takesWriteConcern: true,
  args: { dropIndexes: arg.collectionName, index: arg.value },
  async run(context, { dropIndexes: name, index: wanted }) {
    return context.write((transaction) => {
      const collection = context.catalog.find(context.db, name)
      if (!collection)
        throw new CommandError('NamespaceNotFound', `ns not found ${context.db}.${name}`)
      notView(collection)
      const nIndexesWas = collection.indexes.length
      for (const index of indexesNamed(collection, wanted)) {
        context.catalog.dropIndex(transaction, collection, index)
      }
      return {
        nIndexesWas,
        ...(wanted === '*' && { msg: 'non-_id indexes dropped for collection' }),
      }
    })
  },
})

function indexesNamed(collection: Collection, wanted: Value): Index[] {
  if (wanted === '*') return collection.indexes.filter(({ name }) => name !== ID_INDEX)
  if (Array.isArray(wanted)) return wanted.flatMap((one) => indexesNamed(collection, one))
  if (typeof wanted !== 'string' && !(wanted instanceof Map)) {
    throw new CommandError(
      'TypeMismatch',
      "BSON field 'dropIndexes.index' must be a string, an object or an array of strings",
    )
  }
  const found = collection.indexes.filter(({ name, spec }) =>
    typeof wanted === 'string' ? name === wanted : compareValues(spec.get('key'), wanted) === 0,
  )
  if (found.length === 0) {
    throw new CommandError(
      'IndexNotFound',
      typeof wanted === 'string'
        ? `index not found with name [${wanted}]`
        : `can't find index with key: ${[...wanted.keys()].join(', ')}`,
    )
  }
  if (found.some(({ name }) => name === ID_INDEX)) {
    throw new CommandError('InvalidOptions', 'cannot drop _id index')
  }
  return found
}
