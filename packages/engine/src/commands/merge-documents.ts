import { findElement, parsePath, RawValue, valueSize } from '@gantry/bson'
import type { MergeRule, Target } from '../aggregate/pipeline.js'
import type { Collection } from '../catalog/collection.js'
import { copyRecord, insertRecord, replaceRecord } from '../catalog/records.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import { CommandError } from '../errors.js'
import { startQuery } from '../plan/execution.js'
import { conjunction, type Filter } from '../query/filter.js'
import { BlockedByTransaction } from '../transactions/conflicts.js'
import type { CommandContext } from './command.js'
import { storedForm } from './insert.js'
import { ensureCollection, writableCollection } from './writable-collection.js'
import { runWrites } from './write-steps.js'

/** Writes documents into a collection as `$merge` says: each replaces, changes or joins what is there. */
export async function mergeDocuments(
  context: CommandContext,
  target: Target,
  rule: MergeRule,
  documents: readonly Buffer[],
): Promise<void> {
  const inTarget = { ...context, db: target.db }
  await ensureCollection(inTarget, target.collection)
  let failure: unknown
  const runs = documents.map((document) => ({
    step(transaction: WriteTransaction) {
      try {
        const collection = writableCollection(inTarget, transaction, target.collection)
        mergeOne(transaction, collection, rule, storedForm(RawValue.document(document)))
      } catch (error) {
        if (error instanceof BlockedByTransaction) throw error
        failure = error
      }
      return true
    },
  }))
  await runWrites(inTarget, runs, () => failure === undefined)
  if (failure) throw failure
}

function mergeOne(
  transaction: WriteTransaction,
  collection: Collection,
  rule: MergeRule,
  incoming: Buffer,
): void {
  const found = findMatch(transaction, collection, rule.on, incoming)
  if (!found) {
    if (rule.whenNotMatched === 'discard') return
    if (rule.whenNotMatched === 'fail') {
      throw new CommandError(
        13113,
        '$merge could not find a matching document in the target collection for at least one document in the source collection',
      )
    }
    insertRecord(transaction, collection, incoming)
    return
  }
  const merged = rule.whenMatched(found.doc, incoming)
  if (merged && !merged.equals(found.doc)) {
    replaceRecord(transaction, collection, found.recordId, found.doc, merged)
  }
}

function findMatch(
  transaction: WriteTransaction,
  collection: Collection,
  on: readonly string[],
  incoming: Buffer,
): { recordId: number; doc: Buffer } | undefined {
  const filter = conjunction(on.map((field) => equality(field, incoming)))
  const execution = startQuery(transaction, collection, { filter, limit: 1 })
  let match: number | undefined
  execution.run(
    transaction,
    collection,
    (_doc, recordId) => {
      match = recordId
      return false
    },
    Number.POSITIVE_INFINITY,
  )
  const doc = match !== undefined && copyRecord(transaction, collection, match)
  return doc && match !== undefined ? { recordId: match, doc } : undefined
}

function equality(field: string, doc: Buffer): Filter {
  const path = parsePath(field)
  let at = 0
  let type = 0x03
  for (const { bytes } of path) {
    const element = type === 0x03 ? findElement(doc, at, bytes) : -1
    if (element === -1) {
      throw new CommandError(
        51132,
        `$merge write error: 'on' field cannot be missing, null, undefined or an array`,
      )
    }
    type = doc[element]
    at = element + bytes.length + 2
  }
  if (type === 0x0a || type === 0x06 || type === 0x04) {
    throw new CommandError(
      51132,
      `$merge write error: 'on' field cannot be missing, null, undefined or an array`,
    )
  }
  return { kind: 'eq', path, operand: new RawValue(doc, type, at, valueSize(doc, type, at)) }
}

/** Throws unless a unique index covers exactly the fields that `$merge` goes by. */
export function requireMergeKey(collection: Collection | undefined, on: readonly string[]): void {
  if (on.length === 1 && on[0] === '_id') return
  const wanted = [...on].sort().join('\0')
  const found = collection?.indexes.some(
    ({ unique, fields, covers, building }) =>
      unique &&
      !covers &&
      !building &&
      fields
        .map(({ dotted }) => dotted)
        .sort()
        .join('\0') === wanted,
  )
  if (!found)
    throw new CommandError(51183, 'Cannot find index to verify that join fields will be unique')
}
