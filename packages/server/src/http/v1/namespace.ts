import type { Namespace } from '../../control/documents/documents.js'
import { checkCollectionName, checkDatabaseName } from './names.js'

/** The collection that a path names. Throws when one of its names is not allowed. */
export function namespaceOf(
  { db, collection }: { readonly [name: string]: string },
  access: 'read' | 'write',
): Namespace {
  checkDatabaseName(db)
  checkCollectionName(collection, access)
  return { db, collection }
}
