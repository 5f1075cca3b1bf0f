import type { Collection } from '../catalog/collection.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import { CommandError } from '../errors.js'
import type { CommandContext } from './command.js'
import { checkNewCollectionName } from './namespace.js'
import { isView } from './view-definition.js'

/** The collection that documents are written to, made when it is not there. */
export function writableCollection(
  context: CommandContext,
  transaction: WriteTransaction,
  name: string,
): Collection {
  const { catalog, db } = context
  const existing = catalog.find(db, name)
  if (existing) return notView(existing)
  checkNewCollectionName(db, name)
  return catalog.create(transaction, db, name)
}

/** Makes a collection that a transaction is to write to: collections are made outside of transactions. */
export async function ensureCollection(context: CommandContext, name: string): Promise<void> {
  if (!context.transaction || context.catalog.find(context.db, name)) return
  const plain = { ...context, catalog: context.plainCatalog }
  await context.define((transaction) => writableCollection(plain, transaction, name))
}

/** Throws when what should be written to is a view. */
export function notView(collection: Collection): Collection {
  if (isView(collection)) {
    throw new CommandError(
      'CommandNotSupportedOnView',
      `Namespace ${collection.db}.${collection.name} is a view, not a collection`,
    )
  }
  return collection
}
