import { capOf, trimCapped } from '../catalog/capped.js'
import type { Collection } from '../catalog/collection.js'
import { insertRecord } from '../catalog/records.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import { CommandError } from '../errors.js'
import type { CommandContext } from './command.js'
import { checkDocument } from './document-validation.js'

/** How a collection's rules apply to a write. */
export interface WriteRules {
  /** The caller asks for documents to be stored whatever the validator says. */
  readonly bypassDocumentValidation?: boolean
}

/**
 * Stores a new document as the collection's options want it: checked by its validator,
 * and with room made for it in a capped collection.
 */
export function storeDocument(
  context: CommandContext,
  transaction: WriteTransaction,
  collection: Collection,
  doc: Buffer,
  rules: WriteRules = {},
): number {
  // Most collections have no options at all.
  if (collection.options.size === 0) return insertRecord(transaction, collection, doc)
  const cap = capOf(collection)
  if (cap) refuseInTransaction(context, collection)
  if (!rules.bypassDocumentValidation) checkDocument(context, collection, doc)
  const recordId = insertRecord(transaction, collection, doc)
  if (cap) trimCapped(transaction, collection, cap)
  return recordId
}

/** The order of a capped collection's documents is that of their insertion, which a transaction would leave open. */
export function refuseInTransaction(context: CommandContext, collection: Collection): void {
  if (!context.transaction || collection.options.get('capped') !== true) return
  throw new CommandError(
    'OperationNotSupportedInTransaction',
    `Collection '${collection.db}.${collection.name}' is a capped collection. Writes in transactions are not allowed on capped collections.`,
  )
}
