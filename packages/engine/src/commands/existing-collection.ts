import type { Collection } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import type { CommandContext } from './command.js'
import { notView } from './writable-collection.js'

/** The collection of a name, which must be there and be no view. */
export function existing(
  { catalog, db }: Pick<CommandContext, 'catalog' | 'db'>,
  name: string,
): Collection {
  const collection = catalog.find(db, name)
  if (collection) return notView(collection)
  throw new CommandError('NamespaceNotFound', `collection ${db}.${name} does not exist`)
}
