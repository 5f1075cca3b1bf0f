import { encodeDocument } from '@gantry/bson'
import type { Store } from '../storage/store.js'
import type { Catalog } from './catalog.js'
import { FORMAT_VERSION, formatKey } from './stored.js'

/** Notes the format in a store that has none yet. */
export async function writeFormat(store: Store): Promise<void> {
  if (store.get('catalog', formatKey)) return
  const format = encodeDocument({ version: FORMAT_VERSION })
  await store.write((transaction) => transaction.put('catalog', formatKey, format))
}

/** Takes away indexes whose building a crash or shutdown cut off; nobody was told that they are there. */
export async function dropUnfinishedIndexes(store: Store, catalog: Catalog): Promise<void> {
  const collections = catalog.databases().flatMap((db) => catalog.collections(db))
  const unfinished = collections.flatMap((collection) =>
    collection.indexes.filter(({ building }) => building).map((index) => ({ collection, index })),
  )
  if (unfinished.length === 0) return
  await store.write((transaction) => {
    catalog.beginWrite(true)
    for (const { collection, index } of unfinished) {
      catalog.dropIndex(transaction, collection, index)
    }
  })
}
