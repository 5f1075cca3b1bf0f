import { DateTime, type Doc, encodeDocument, type Value, type Writable } from '@gantry/bson'
import type { Catalog } from '../catalog/catalog.js'
import type { Collection } from '../catalog/collection.js'
import type { Index } from '../catalog/index-definition.js'

/** What the monitor works with. */
export interface TtlServices {
  readonly catalog: Pick<Catalog, 'databases' | 'collections'>
  /** Milliseconds since 1970. */
  now(): number
  /** Runs a command with all rights. */
  run(body: Buffer): Promise<unknown>
}

/**
 * Removes the documents that TTL indexes say have expired, index by index, in the way any
 * delete does: in steps, logged, seen by change streams. When one index fails the others
 * are gone through all the same, and its error is thrown in the end.
 */
export async function removeExpired({ catalog, now, run }: TtlServices): Promise<void> {
  const failures: unknown[] = []
  for (const { collection, index } of expiringIndexes(catalog)) {
    try {
      await run(deleteCommand(collection, index, now()))
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

function expiringIndexes(catalog: TtlServices['catalog']) {
  const collections = catalog.databases().flatMap((db) => catalog.collections(db))
  return collections.flatMap((collection) =>
    collection.indexes
      .filter(({ spec, building }) => spec.has('expireAfterSeconds') && !building)
      .map((index) => ({ collection, index })),
  )
}

/** Only dates are compared with a date, so what holds none never expires. */
function deleteCommand({ db, name }: Collection, { spec }: Index, nowMs: number): Buffer {
  const [field] = (spec.get('key') as Doc).keys()
  const seconds = Number(spec.get('expireAfterSeconds'))
  const expired: Doc = new Map([
    [field, new Map<string, Value>([['$lte', DateTime.fromMs(nowMs - seconds * 1000)]])],
  ])
  const partial = spec.get('partialFilterExpression')
  const q: Writable = partial === undefined ? expired : { $and: [partial, expired] }
  return encodeDocument({ delete: name, deletes: [{ q, limit: 0 }], $db: db })
}
