import { compareValues, type Doc, decodeDocument, encodeDocument } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { fillIndex } from '../catalog/index-build.js'
import {
  type Index,
  idIndexSpec,
  isIdPattern,
  normaliseIndexSpec,
  sameIndex,
} from '../catalog/index-definition.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import { documentText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { arg, optional } from './args.js'
import { type CommandContext, command } from './command.js'
import { checkNewCollectionName } from './namespace.js'
import { notView } from './writable-collection.js'

/** Builds indexes; those that are there already are left as they are. */
export const createIndexes = command({
  name: 'createIndexes',
  help: 'Builds indexes',
  access: { action: 'createIndex', on: 'collection' },
  args: {
    createIndexes: arg.collectionName,
    indexes: arg.documents,
    commitQuorum: optional(arg.any),
    ignoreUnknownIndexOptions: optional(arg.bool),
  },
  async run(context, { createIndexes: name, indexes }) {
    const { catalog, db } = context
    checkNewCollectionName(db, name)
    if (indexes.length === 0) {
      throw new CommandError('BadValue', 'Must specify at least one index to create')
    }
    const specs = indexes.map((spec) => normaliseIndexSpec(decodeDocument(spec.buf, spec.at)))
    const created = await context.write((transaction) => {
      const existing = catalog.find(db, name)
      const collection = existing ? notView(existing) : catalog.create(transaction, db, name)
      const before = collection.indexes.length
      const added = addIndexes(context, transaction, collection, specs)
      return { collection, added, before, createdCollectionAutomatically: !existing }
    })
    await fill(context, created.collection, created.added)
    return {
      numIndexesBefore: created.before,
      numIndexesAfter: created.before + created.added.length,
      createdCollectionAutomatically: created.createdCollectionAutomatically,
      ...(created.added.length === 0 && { note: 'all indexes already exist' }),
    }
  },
})

const MOST_INDEXES = 64

function addIndexes(
  context: CommandContext,
  transaction: WriteTransaction,
  collection: Collection,
  specs: readonly Doc[],
): Index[] {
  const added: Index[] = []
  for (const spec of specs) {
    if (isExisting(collection, spec)) continue
    if (collection.indexes.length >= MOST_INDEXES) {
      throw new CommandError(
        'CannotCreateIndex',
        `add index fails, too many indexes for ${collection.db}.${collection.name}`,
      )
    }
    added.push(context.catalog.addIndex(transaction, collection, spec, true))
  }
  return added
}

/** Whether the index is there already. Throws when one stands in its way. */
function isExisting(collection: Collection, spec: Doc): boolean {
  if (isIdPattern(spec.get('key') as Doc))
    return sameIndex(idIndexSpec(), spec) || refuseIdIndex(spec)
  for (const { name, spec: existing } of collection.indexes) {
    const sameKey = compareValues(existing.get('key'), spec.get('key')) === 0
    if (sameKey && sameIndex(existing, spec)) {
      if (name === spec.get('name')) return true
      throw new CommandError(
        'IndexOptionsConflict',
        `Index already exists with a different name: ${name}`,
      )
    }
    if (name === spec.get('name')) {
      throw new CommandError(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${describe(spec)}, existing index: ${describe(existing)}`,
      )
    }
    const samePartial =
      compareValues(
        existing.get('partialFilterExpression'),
        spec.get('partialFilterExpression'),
      ) === 0
    if (
      sameKey &&
      samePartial &&
      existing.get('sparse') === spec.get('sparse') &&
      existing.get('unique') === spec.get('unique')
    ) {
      throw new CommandError(
        'IndexOptionsConflict',
        `An equivalent index already exists with the same name but different options. Requested index: ${describe(spec)}, existing index: ${describe(existing)}`,
      )
    }
  }
  return false
}

function refuseIdIndex(spec: Doc): never {
  throw new CommandError(
    'CannotCreateIndex',
    `The _id index cannot have other options: ${describe(spec)}`,
  )
}

function describe(spec: Doc): string {
  return documentText(encodeDocument(spec), 0)
}

/** Fills new indexes stretch by stretch; takes all of them away again when one cannot be. */
async function fill(
  context: CommandContext,
  collection: Collection,
  added: readonly Index[],
): Promise<void> {
  try {
    for (const index of added) {
      let after: number | undefined
      do {
        after = await context.write((transaction) =>
          fillIndex(transaction, collection, index, after, performance.now() + FILL_MS),
        )
        await context.breathe()
      } while (after !== undefined)
    }
    await context.write((transaction) => {
      for (const index of added)
        context.catalog.finishIndex(transaction, current(context, collection), index)
    })
  } catch (error) {
    await context.write((transaction) => {
      const target = context.catalog.findById(collection.id)
      if (target) for (const index of added) context.catalog.dropIndex(transaction, target, index)
    })
    throw error
  }
}

const FILL_MS = 4

function current(context: CommandContext, collection: Collection): Collection {
  const found = context.catalog.findById(collection.id)
  if (found) return found
  throw new CommandError(
    'NamespaceNotFound',
    `the collection ${collection.db}.${collection.name} was dropped meanwhile`,
  )
}
