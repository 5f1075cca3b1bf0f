import type { Catalog } from '../catalog/catalog.js'
import type { Collection } from '../catalog/collection.js'
import { checkGrowth } from '../catalog/growth.js'
import type { WriteObserver, WriteTransaction } from '../catalog/write-transaction.js'
import { CommandError } from '../errors.js'
import type { Change, ChangeOrigin } from '../oplog/entry.js'
import type { Oplog } from '../oplog/oplog.js'
import { createOverlay } from '../storage/overlay.js'
import type { Store } from '../storage/store.js'
import { type ConflictTable, type Holder, writeConflict } from './conflicts.js'
import { keyResource, recordResource } from './resources.js'
import { createShadowCatalog } from './shadow-catalog.js'

/** What an open transaction may write; beyond it MongoDB's own error comes. */
const MAX_TRANSACTION_SIZE = 256 * 1024 * 1024

/**
 * A transaction of several commands: it reads a snapshot with its own writes over it, and
 * nobody else sees these until it commits.
 */
export interface MultiDocumentTransaction {
  /** What the transaction's commands read and write. */
  readonly write: WriteTransaction
  /** Collections as the transaction counts them. */
  readonly catalog: Catalog
  /** Whether anything was written. */
  readonly hasWrites: boolean
  /** Makes the writes in a write function of the store, which must not fail afterwards. */
  commitIn(transaction: WriteTransaction): void
  /** Lets go of everything that is held. Call it when the commit is on disk, or instead of committing. */
  end(committed: boolean): void
}

export interface TransactionServices {
  readonly store: Store
  readonly catalog: Catalog
  readonly conflicts: ConflictTable
  readonly oplog: Oplog
}

export async function beginTransaction(
  { store, catalog, conflicts, oplog }: TransactionServices,
  origin: ChangeOrigin,
): Promise<MultiDocumentTransaction> {
  const startedAt = conflicts.begin()
  // What is being committed just now would be missing in the snapshot and in the table of conflicts.
  await store.write(() => {})
  const snapshot = store.snapshot()
  const overlay = createOverlay(snapshot)
  const shadows = createShadowCatalog(catalog)
  const changes: Change[] = []
  let markEnded: () => void = () => {}
  const holder: Holder = {
    startedAt,
    ended: new Promise((resolve) => {
      markEnded = resolve
    }),
  }
  let ended = false

  function log(change: Change): void {
    changes.push(change)
    if (overlay.size > MAX_TRANSACTION_SIZE) {
      throw new CommandError(
        'TransactionTooLarge',
        'Total size of all transaction operations must be less than 256 MiB',
      )
    }
  }

  const observer: WriteObserver = {
    touch() {},
    grow: (collection) => checkGrowth(shadows.catalog.growth, collection),
    claim: (collection, recordId) => conflicts.claim(holder, recordResource(collection, recordId)),
    claimKey: (index, key) => conflicts.claim(holder, keyResource(index, key)),
    inserted: (collection, doc) => log({ op: 'i', collection: namesOf(collection), doc }),
    replaced: (collection, before, doc, whole) =>
      log({ op: whole ? 'r' : 'u', collection: namesOf(collection), before, doc }),
    removed: (collection, doc) => log({ op: 'd', collection: namesOf(collection), doc }),
    created: refuseDefinition,
    dropped: refuseDefinition,
    renamed: refuseDefinition,
    databaseDropped: refuseDefinition,
  }

  return {
    write: { ...overlay, observer },
    catalog: shadows.catalog,
    get hasWrites() {
      return changes.length > 0
    },
    commitIn(transaction) {
      if (!shadows.isCurrent()) throw writeConflict()
      shadows.addCounts(transaction)
      overlay.applyTo(transaction)
      for (const change of changes) oplog.append(change, origin)
    },
    end(committed) {
      if (ended) return
      ended = true
      snapshot.release()
      conflicts.end(holder, committed)
      markEnded()
    },
  }
}

function namesOf({ db, name, uuid, options }: Collection) {
  return { db, name, uuid, options }
}

function refuseDefinition(): never {
  throw new CommandError(
    'OperationNotSupportedInTransaction',
    'collections cannot be defined, dropped or renamed in a multi-document transaction',
  )
}
