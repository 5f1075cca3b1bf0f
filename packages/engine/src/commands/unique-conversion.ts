import type { Doc, Writable } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { prefixKey, recordIdOfKey } from '../catalog/entries.js'
import type { Index } from '../catalog/index-definition.js'
import { copyRecord } from '../catalog/records.js'
import { CommandError } from '../errors.js'
import type { CommandContext } from './command.js'
import { current, makeEntries } from './createIndexes.js'
import { idOf } from './identity.js'

/** Throws CannotConvertIndexToUnique, with the ids of documents that share a key, unless the index could be unique. */
export async function checkConvertible(
  context: CommandContext,
  collection: Collection,
  index: Index,
): Promise<void> {
  const violations: Writable[] = []
  for await (const recordIds of sharedKeys(context, index)) {
    const docs = recordIds.map((recordId) => copyRecord(context.view, collection, recordId))
    violations.push({ ids: docs.flatMap((doc) => (doc ? [idOf(doc)] : [])) })
    if (violations.length === MOST_VIOLATIONS) break
  }
  if (violations.length === 0) return
  throw new CommandError(
    'CannotConvertIndexToUnique',
    'Cannot convert the index to unique. Please resolve conflicting documents before running collMod again.',
    { violations },
  )
}

/** Keys shared that the caller is told of at most. */
const MOST_VIOLATIONS = 1000
/** Entries looked at in one go. */
const STRETCH = 1024

/** The records of each key that several have, without holding anybody up. */
async function* sharedKeys(context: CommandContext, index: Index): AsyncGenerator<number[]> {
  let low: Uint8Array = prefixKey(index.id)
  let key = Buffer.alloc(0)
  let recordIds: number[] = []
  for (let seen = STRETCH; seen === STRETCH; await context.breathe()) {
    const shared: number[][] = []
    seen = 0
    const range = { low, lowExclusive: true, high: prefixKey(index.id + 1) }
    context.view.scan('indexes', range, (entry) => {
      low = Buffer.from(entry.key.subarray(entry.keyStart, entry.keyEnd))
      const own = Buffer.from(low.subarray(0, low.length - 8))
      if (!own.equals(key)) {
        if (recordIds.length > 1) shared.push(recordIds)
        recordIds = []
        key = own
      }
      recordIds.push(recordIdOfKey(entry))
      return ++seen < STRETCH
    })
    yield* shared
  }
  if (recordIds.length > 1) yield recordIds
}

/** Puts a unique index in the place of one that has taken no duplicates for some time. */
export async function convertToUnique(
  context: CommandContext,
  collection: Collection,
  index: Index,
): Promise<void> {
  const { catalog } = context
  const spec: Doc = new Map([...index.spec, ['unique', true]])
  spec.delete('prepareUnique')
  const unique = await context.write((transaction) =>
    catalog.addIndex(transaction, current(context, collection, index), spec, true),
  )
  try {
    await makeEntries(context, collection, unique)
    await context.write((transaction) => {
      const target = current(context, collection, unique)
      catalog.dropIndex(transaction, target, index)
      catalog.finishIndex(transaction, target, unique)
    })
  } catch (error) {
    await context.write((transaction) => {
      const target = catalog.findById(collection.id)
      if (target?.indexes.includes(unique)) catalog.dropIndex(transaction, target, unique)
    })
    throw error
  }
}
