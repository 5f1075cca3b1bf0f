import type { OperationKind } from '../operation-kind.js'

/** Time in microseconds and number of commands. */
export interface Use {
  time: number
  count: number
}

/** How a collection has been used, under the headings of MongoDB's `top`. */
export type CollectionUse = Record<'total' | 'readLock' | 'writeLock' | OperationKind['top'], Use>

/** How often and for how long each collection has been used. */
export interface Top {
  record(db: string, collection: string, kind: OperationKind, micros: number): void
  /** Visits what is known, in no particular order. */
  each(visit: (db: string, collection: string, use: CollectionUse) => void): void
  /** Forgets the collections that there are not. */
  forget(exists: (db: string, collection: string) => boolean): void
  /** Collections known of. */
  readonly size: number
}

export function createTop(): Top {
  const databases = new Map<string, Map<string, CollectionUse>>()
  let size = 0

  function useOf(db: string, collection: string): CollectionUse {
    let collections = databases.get(db)
    if (!collections) {
      collections = new Map()
      databases.set(db, collections)
    }
    let use = collections.get(collection)
    if (!use) {
      use = newUse()
      collections.set(collection, use)
      size++
    }
    return use
  }

  return {
    record(db, collection, kind, micros) {
      const use = useOf(db, collection)
      add(use.total, micros)
      add(kind.latency === 'writes' ? use.writeLock : use.readLock, micros)
      add(use[kind.top], micros)
    },
    each(visit) {
      for (const [db, collections] of databases) {
        for (const [collection, use] of collections) visit(db, collection, use)
      }
    },
    forget(exists) {
      for (const [db, collections] of databases) {
        for (const collection of collections.keys()) {
          if (exists(db, collection)) continue
          collections.delete(collection)
          size--
        }
        if (collections.size === 0) databases.delete(db)
      }
    },
    get size() {
      return size
    },
  }
}

function add(use: Use, micros: number): void {
  use.time += micros
  use.count++
}

function newUse(): CollectionUse {
  const none = (): Use => ({ time: 0, count: 0 })
  return {
    total: none(),
    readLock: none(),
    writeLock: none(),
    queries: none(),
    getmore: none(),
    insert: none(),
    update: none(),
    remove: none(),
    commands: none(),
  }
}
