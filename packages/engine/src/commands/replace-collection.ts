import { randomUUID } from 'node:crypto'
import { RawValue } from '@gantry/bson'
import type { Replacement, Target } from '../aggregate/pipeline.js'
import type { Collection } from '../catalog/collection.js'
import { insertRecord } from '../catalog/records.js'
import { CommandError } from '../errors.js'
import type { CommandContext } from './command.js'
import { storedForm } from './insert.js'
import { checkNewCollectionName } from './namespace.js'
import { notView } from './writable-collection.js'

/** Documents written in one transaction. */
const CHUNK = 500

/** Replaces a collection as `$out` does: what is written goes to a collection of its own first, which takes the other's place at the end. Its indexes and options are those of the one replaced. */
export function replaceCollection(
  context: CommandContext,
  { db, collection: name }: Target,
): Replacement {
  checkNewCollectionName(db, name)
  if (context.transaction) {
    throw new CommandError(
      'OperationNotSupportedInTransaction',
      '$out is not allowed in a multi-document transaction',
    )
  }
  const { plainCatalog: catalog } = context
  let temporary: Collection | undefined

  async function prepare(): Promise<Collection> {
    temporary ??= await context.define((transaction) => {
      const existing = catalog.find(db, name)
      if (existing) notView(existing)
      const made = catalog.create(transaction, db, `tmp.agg_out.${randomUUID()}`, existing?.options)
      for (const { spec } of existing?.indexes.slice(1) ?? []) {
        catalog.addIndex(transaction, made, spec, false)
      }
      return made
    })
    return temporary
  }

  return {
    async write(documents) {
      const target = await prepare()
      for (let at = 0; at < documents.length; at += CHUNK) {
        await context.define((transaction) => {
          for (const document of documents.slice(at, at + CHUNK)) {
            insertRecord(transaction, target, storedForm(RawValue.document(document)))
          }
        })
        await context.breathe()
      }
    },
    async commit() {
      const made = await prepare()
      await context.define((transaction) => {
        const existing = catalog.find(db, name)
        if (existing) catalog.drop(transaction, existing)
        catalog.rename(transaction, made, db, name)
      })
    },
    abort() {
      const made = temporary
      if (made)
        void context.define((transaction) => catalog.drop(transaction, made)).catch(() => {})
    },
  }
}
