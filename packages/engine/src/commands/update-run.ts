import { ObjectId } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { replaceRecord } from '../catalog/records.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import type { QueryRequest } from '../plan/execution.js'
import { equalities } from '../query/equality.js'
import { type MatchedPosition, matchedPosition } from '../query/positional.js'
import { applyUpdate } from '../update/apply.js'
import type { Update } from '../update/parse.js'
import { upsertDocument } from '../update/upsert.js'
import type { CommandContext } from './command.js'
import { checkDocument } from './document-validation.js'
import { MatchingRun } from './matching-run.js'
import { refuseInTransaction, storeDocument, type WriteRules } from './store-document.js'
import { writableCollection } from './writable-collection.js'

export interface UpdateRequest extends QueryRequest, WriteRules {
  readonly update: Update
  readonly multi: boolean
  readonly upsert: boolean
}

/** What an update did. */
export interface UpdateResult {
  matched: number
  modified: number
  /** The document that an upsert inserted. */
  upserted?: Buffer
  /** Of an update of one document: how it was and how it is. */
  before?: Buffer
  after?: Buffer
}

/** Searches that others disturbed are repeated so often, before the last one holds everybody up until it is done. */
const MOST_SEARCHES = 5

/**
 * Updates the documents that match, or inserts one when none does. Nothing can come
 * between the last look for a match and the insertion.
 */
export class UpdateRun {
  readonly result: UpdateResult = { matched: 0, modified: 0 }
  private readonly search: MatchingRun
  private searches = 1
  private position: MatchedPosition | undefined

  constructor(
    private readonly context: CommandContext,
    private readonly collectionName: string,
    private readonly request: UpdateRequest,
  ) {
    const limit = request.multi ? 0 : request.sort ? 0 : 1
    this.search = new MatchingRun(context, collectionName, { ...request, limit }, (...match) =>
      this.apply(...match),
    )
  }

  step(transaction: WriteTransaction, endMs: number): boolean {
    const lastSearch = this.searches >= MOST_SEARCHES
    if (!this.search.step(transaction, lastSearch ? Number.POSITIVE_INFINITY : endMs)) return false
    if (this.result.matched > 0 || !this.request.upsert) return true
    if (!lastSearch && this.search.wasDisturbed()) {
      this.searches++
      this.search.restart()
      return this.step(
        transaction,
        this.searches >= MOST_SEARCHES ? Number.POSITIVE_INFINITY : endMs,
      )
    }
    this.insert(transaction)
    return true
  }

  private apply(
    transaction: WriteTransaction,
    collection: Collection,
    recordId: number,
    doc: Buffer,
  ): boolean {
    const { update, multi } = this.request
    const updated = applyUpdate(update, doc, 0, {
      ...this.clock(),
      inserting: false,
      matchedIndex: () => this.positionIn(doc),
    })
    if (updated.changed) {
      refuseInTransaction(this.context, collection)
      if (!this.request.bypassDocumentValidation) {
        checkDocument(this.context, collection, updated.document, doc)
      }
      replaceRecord(
        transaction,
        collection,
        recordId,
        doc,
        updated.document,
        update.kind === 'replacement',
      )
      this.result.modified++
    }
    this.result.matched++
    if (!multi) {
      this.result.before = doc
      this.result.after = updated.document
    }
    return multi
  }

  /** Few updates have a positional `$`, so the filter is compiled for it when one asks. */
  private positionIn(doc: Buffer): number | undefined {
    this.position ??= matchedPosition(this.request.filter)
    return this.position(doc, 0)
  }

  private insert(transaction: WriteTransaction): void {
    const { filter, update } = this.request
    const collection = writableCollection(this.context, transaction, this.collectionName)
    const doc = upsertDocument(update, equalities(filter), this.clock(), () => new ObjectId())
    storeDocument(this.context, transaction, collection, doc, this.request)
    this.result.upserted = doc
    this.result.after = doc
  }

  private clock() {
    return { now: () => BigInt(this.context.now()) }
  }
}
