import { type Doc, encodeDocument } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import { arg, optional } from './args.js'
import { firstBatch } from './batch.js'
import { command } from './command.js'
import { cursorOptions, listSource } from './list-source.js'
import { notView } from './writable-collection.js'

/** In a clustered collection the index on `_id` is the one that it was made with. */
function idSpecOf({ options, indexes }: Collection): Doc {
  const clustered = options.get('clusteredIndex') as Doc | undefined
  return clustered ? new Map([...clustered, ['clustered', true]]) : indexes[0].spec
}

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
    const [first] = collection.indexes
    const docs = collection.indexes
      .filter(({ building }) => !building)
      .map(({ spec }) => encodeDocument(spec === first.spec ? idSpecOf(collection) : spec))
    return firstBatch(context, `${context.db}.${name}`, listSource(docs), cursorOptions(cursor))
  },
})
