import { type Doc, encodeDocument, ObjectId, type Value, type Writable } from '@gantry/bson'
import { capOf, trimCapped } from '../catalog/capped.js'
import type { Catalog } from '../catalog/catalog.js'
import type { Collection } from '../catalog/collection.js'
import { insertRecord } from '../catalog/records.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import type { PlainWrite } from '../transactions/plain-write-queue.js'

/** The collection of each database that its profile goes to. */
export const PROFILE_COLLECTION = 'system.profile'
/** Bytes that it may take. */
const PROFILE_SIZE = 1024 * 1024

/** Puts documents into the profiles of databases, on its own time. */
export interface ProfileWriter {
  /** Makes the collection where it is missing, with room for as much as MongoDB gives it. */
  prepare(db: string): Promise<void>
  add(db: string, doc: Readonly<Record<string, Writable | undefined>>): void
  /** Something that was added is not stored yet. */
  readonly busy: boolean
  /** Resolves when all that was added so far is stored, or could not be. */
  settled(): Promise<void>
}

/** `isProfiled` says whether a database still wants what was added for it. */
export function createProfileWriter(
  catalog: Catalog,
  write: PlainWrite,
  isProfiled: (db: string) => boolean,
): ProfileWriter {
  const waiting = new Map<string, Waiting>()
  let writing: Promise<void> | undefined

  function writeNext(): void {
    const batches = [...waiting]
    waiting.clear()
    const next = () => {
      writing = undefined
      if (waiting.size > 0) writeNext()
    }
    // What cannot be stored is lost; the operation that it tells of was answered long ago.
    writing = write((transaction) => storeAll(transaction, batches), ONLY_ADDS).then(next, next)
  }

  function storeAll(
    transaction: WriteTransaction,
    batches: readonly (readonly [string, Waiting])[],
  ): void {
    for (const [db, { docs }] of batches) {
      if (!isProfiled(db)) continue
      const collection = profileOf(catalog, transaction, db)
      for (const doc of docs) insertRecord(transaction, collection, doc)
      const cap = capOf(collection)
      if (cap) trimCapped(transaction, collection, cap)
    }
  }

  return {
    async prepare(db) {
      if (catalog.find(db, PROFILE_COLLECTION)) return
      await write((transaction) => void profileOf(catalog, transaction, db))
    },
    add(db, fields) {
      let batch = waiting.get(db)
      if (!batch) {
        batch = { docs: [], size: 0 }
        waiting.set(db, batch)
      }
      const doc = encodeDocument({ _id: new ObjectId(), ...fields })
      batch.docs.push(doc)
      batch.size += doc.length
      // The collection would not keep them either.
      while (batch.size > PROFILE_SIZE && batch.docs.length > 1)
        batch.size -= batch.docs.shift()?.length ?? 0
      if (!writing) writeNext()
    },
    get busy() {
      return writing !== undefined
    },
    async settled() {
      // What is being written, and then what is waiting now.
      await writing
      await writing
    },
  }
}

interface Waiting {
  readonly docs: Buffer[]
  size: number
}

/** The write has nothing to undo: a document that is in the profile may stay there. */
const ONLY_ADDS = { throwsBeforeWriting: true }

function profileOf(catalog: Catalog, transaction: WriteTransaction, db: string): Collection {
  const existing = catalog.find(db, PROFILE_COLLECTION)
  if (existing) return existing
  const options: Doc = new Map<string, Value>([
    ['capped', true],
    ['size', PROFILE_SIZE],
  ])
  return catalog.create(transaction, db, PROFILE_COLLECTION, options)
}
