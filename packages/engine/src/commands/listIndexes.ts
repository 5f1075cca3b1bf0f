import { encodeDocument } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { arg, optional } from './args.js'
import { firstBatch } from './batch.js'
import { command } from './command.js'
import { cursorOptions, listSource } from './list-source.js'
import { notView } from './writable-collection.js'

/** The indexes of a collection. */
export const listIndexes = command({
  name: 'listIndexes',
  help: 'The indexes of a collection',
  access: { action: 'listIndexes', on: 'collection' },
  args: {
    listIndexes: arg.collectionName,
    cursor: optional(arg.document),
    includeBuildUUIDs: optional(arg.bool),
  },
  run(context, { listIndexes: name, cursor }) {
    const collection = context.catalog.find(context.db, name)
    if (!collection) {
      throw new CommandError('NamespaceNotFound', `ns does not exist: ${context.db}.${name}`)
    }
    notView(collection)
    const docs = collection.indexes
      .filter(({ building }) => !building)
      .map(({ spec }) => encodeDocument(spec))
    return firstBatch(context, `${context.db}.${name}`, listSource(docs), cursorOptions(cursor))
  },
})
