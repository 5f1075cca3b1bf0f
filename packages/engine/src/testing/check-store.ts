import { decodeDocument } from '@gantry/bson'
import { type Catalog, openCatalog } from '../catalog/catalog.js'
import { namespaceOf } from '../catalog/collection.js'
import { checkCollection } from '../catalog/consistency.js'
import { countersKey } from '../catalog/stored.js'
import { openStore, type Store } from '../storage/store.js'

/** Everything that is wrong with the data in a folder that no engine has open: collections that disagree with themselves, and what belongs to none. */
export async function checkStore(path: string): Promise<string[]> {
  const store = openStore(path)
  try {
    const catalog = openCatalog(store)
    const collections = catalog.databases().flatMap((db) => catalog.collections(db))
    const problems = collections.flatMap((collection) => {
      const check = checkCollection(store, collection)
      let step = check.next()
      while (!step.done) step = check.next()
      return step.value.problems.map((problem) => `${namespaceOf(collection)}: ${problem}`)
    })
    return [...problems, ...strays(store, catalog)]
  } finally {
    await store.close()
  }
}

/** Keys of collections and indexes that the catalog neither has nor remembers as dropped. */
function strays(store: Store, catalog: Catalog): string[] {
  const collections = catalog.databases().flatMap((db) => catalog.collections(db))
  const known = new Set(collections.map(({ id }) => `records:${id}`))
  for (const { indexes } of collections) for (const { id } of indexes) known.add(`indexes:${id}`)
  const counters = new Set(collections.map(({ id }) => countersKey(id).toString()))
  const problems = new Set<string>()
  store.scan('catalog', everything, ({ key, keyStart, keyEnd, value, size }) => {
    const name = key.toString('latin1', keyStart, keyEnd)
    if (name.startsWith('x:')) known.add(name.slice(2))
    if (name.startsWith('n:') && !counters.has(name)) problems.add(`stray counters ${name}`)
    if (name.startsWith('c:')) decodeDocument(Buffer.from(value.subarray(0, size)))
    return true
  })
  for (const tree of ['records', 'indexes'] as const) {
    store.scan(tree, everything, ({ key, keyStart }) => {
      const owner = `${tree}:${key.readUInt32BE(keyStart)}`
      if (!known.has(owner)) problems.add(`stray keys of ${owner}`)
      return true
    })
  }
  return [...problems]
}

const everything = { low: Buffer.from([0]), high: Buffer.alloc(8, 0xff) }
