import type { Catalog } from '../catalog/catalog.js'
import type { Collection } from '../catalog/collection.js'
import { checkGrowth } from '../catalog/growth.js'
import type { WriteObserver } from '../catalog/write-transaction.js'
import type { Oplog } from '../oplog/oplog.js'
import type { ConflictTable } from './conflicts.js'
import { keyResource, recordResource } from './resources.js'

/** Watches the writes that take effect at once: counts, finds conflicts with open transactions, logs. */
export function observePlainWrites(
  catalog: Pick<Catalog, 'touch' | 'growth'>,
  conflicts: ConflictTable,
  oplog: Oplog,
): WriteObserver {
  return {
    touch: (collection) => catalog.touch(collection),
    grow: (collection) => checkGrowth(catalog.growth, collection),
    claim(collection, recordId) {
      if (conflicts.active) conflicts.write(recordResource(collection, recordId))
    },
    claimKey(index, key) {
      if (conflicts.active) conflicts.write(keyResource(index, key))
    },
    inserted: (collection, doc) => oplog.append({ op: 'i', collection, doc }),
    replaced(collection, before, doc, whole) {
      oplog.append({ op: whole ? 'r' : 'u', collection, before, doc })
    },
    removed: (collection, doc) => oplog.append({ op: 'd', collection, doc }),
    created: (collection) =>
      oplog.append({ op: 'c', collection, command: { create: collection.name } }),
    dropped: (collection) =>
      oplog.append({ op: 'c', collection, command: { drop: collection.name } }),
    databaseDropped(db) {
      const collection = { db, name: '$cmd', uuid: NO_UUID, options: new Map() }
      oplog.append({ op: 'c', collection, command: { dropDatabase: 1 } })
    },
    renamed(collection, to: Collection) {
      const command = { renameCollection: nameOf(collection), to: nameOf(to) }
      oplog.append({ op: 'c', collection, command })
    },
  }
}

const NO_UUID = Buffer.alloc(16)

function nameOf({ db, name }: Collection): string {
  return `${db}.${name}`
}
