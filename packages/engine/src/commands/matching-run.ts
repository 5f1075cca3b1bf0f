import type { Collection } from '../catalog/collection.js'
import { copyRecord } from '../catalog/records.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import { type Execution, type QueryRequest, startQuery } from '../plan/execution.js'
import { compileFilter } from '../query/compile.js'
import type { CommandContext } from './command.js'
import { runSlice } from './run-slice.js'

/** What is done to each matching document; answers false when no more are wanted. */
export type MatchAction = (
  transaction: WriteTransaction,
  collection: Collection,
  recordId: number,
  doc: Buffer,
) => boolean

/**
 * Finds documents to be written to and hands them to an action, in the transaction that
 * writes them. A document comes once, even when the write moves it along the index that
 * is being read.
 */
export class MatchingRun {
  private execution: Execution | undefined
  /** Documents that the action was done to. */
  actedOn = 0
  /** The collection being searched; undefined until there is one. */
  private collectionId: number | undefined
  private readonly seen = new Set<number>()
  private readonly matches
  /** `changes` of the collection when the search began, to tell whether others wrote meanwhile. */
  private changesAtStart = 0
  private ownChanges = 0

  constructor(
    private readonly context: CommandContext,
    private readonly collectionName: string,
    private readonly request: QueryRequest,
    private readonly action: MatchAction,
  ) {
    this.matches = compileFilter(request.filter)
  }

  /** Works until there are no more documents or the action wants none (true), or until the time is over (false). */
  step(transaction: WriteTransaction, endMs: number): boolean {
    const collection = this.context.catalog.find(this.context.db, this.collectionName)
    if (!collection) return true
    if (this.collectionId === undefined) {
      this.collectionId = collection.id
      this.changesAtStart = collection.changes
      this.execution = startQuery(transaction, collection, this.request)
    }
    const { execution } = this
    // Another collection has taken the name, and nothing of it was searched for.
    if (!execution || collection.id !== this.collectionId) return true
    let wantsMore = true
    const state = runSlice(
      this.context.operation,
      execution,
      transaction,
      collection,
      (doc, recordId) => {
        wantsMore = this.act(transaction, collection, recordId, doc)
        return wantsMore && performance.now() < endMs
      },
      Math.max(endMs - performance.now(), 0.5),
    )
    return state === 'done' || !wantsMore
  }

  /** Others wrote to the collection since the search began, so it may have missed something. */
  wasDisturbed(): boolean {
    const collection = this.context.catalog.find(this.context.db, this.collectionName)
    if (!collection) return false
    if (this.collectionId !== collection.id) return true
    return collection.changes - this.ownChanges !== this.changesAtStart
  }

  restart(): void {
    this.collectionId = undefined
    this.ownChanges = 0
  }

  private act(
    transaction: WriteTransaction,
    collection: Collection,
    recordId: number,
    found: Buffer,
  ): boolean {
    if (this.seen.has(recordId)) return true
    let doc = found
    if (!this.execution?.plan.sorted) {
      // Sorted results were read some time ago, perhaps in an earlier transaction.
      const current = copyRecord(transaction, collection, recordId)
      if (!current || !this.matches(current, 0)) return true
      doc = current
    }
    const before = collection.changes
    try {
      const wantsMore = this.action(transaction, collection, recordId, doc)
      this.seen.add(recordId)
      this.actedOn++
      return wantsMore
    } catch (error) {
      // Nothing was done to the record; should the write go on later, the search begins anew.
      this.restart()
      throw error
    } finally {
      this.ownChanges += collection.changes - before
    }
  }
}
