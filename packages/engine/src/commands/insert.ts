import { type Doc, findElement, type RawValue, type Writable } from '@gantry/bson'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import { checkStorable } from '../update/storable.js'
import { arg, optional, withDefault } from './args.js'
import { type CommandContext, command } from './command.js'
import { withGeneratedId } from './generated-id.js'
import { checkNewCollectionName } from './namespace.js'
import { storeDocument, type WriteRules } from './store-document.js'
import { ensureCollection, writableCollection } from './writable-collection.js'
import { checkBatchSize } from './write-batch.js'
import { runWrites, type WriteRun, writeError } from './write-steps.js'

/** Stores documents, an `_id` made for those that have none. */
export const insert = command({
  name: 'insert',
  help: 'Stores documents',
  access: { action: 'insert', on: 'collection' },
  inTransaction: true,
  retryable: true,
  takesWriteConcern: true,
  silentWhenUnacknowledged: true,
  args: {
    insert: arg.collectionName,
    documents: arg.documents,
    ordered: withDefault(arg.strictBool, true),
    bypassDocumentValidation: withDefault(optional(arg.bool), false),
  },
  async run(context, { insert: name, documents, ordered, ...rules }) {
    checkNewCollectionName(context.db, name)
    checkBatchSize(documents.length)
    await ensureCollection(context, name)
    const run = new InsertRun(context, name, documents, ordered, rules)
    await runWrites(context, [run])
    const { n, writeErrors } = run
    return { n, ...(writeErrors.length > 0 && { writeErrors }) }
  },
})

const ID = Buffer.from('_id')
/** All that is to be remembered of an insertion. */
export const INSERTED: Doc = new Map([['n', 1]])
/** Bytes that are stored between two looks at the clock. */
const BYTES_PER_LOOK = 8 * 1024

/** Stores the documents one after the other; unless an ordered one fails, all of them. */
class InsertRun implements WriteRun {
  n = 0
  readonly writeErrors: Writable[] = []
  private next = 0

  constructor(
    private readonly context: CommandContext,
    private readonly collectionName: string,
    private readonly documents: readonly RawValue[],
    private readonly ordered: boolean,
    private readonly rules: WriteRules,
  ) {}

  step(transaction: WriteTransaction, endMs: number): boolean {
    const { documents, writeErrors } = this
    let bytes = 0
    while (this.next < documents.length) {
      this.store(transaction, this.next)
      bytes += documents[this.next++].size
      if (this.ordered && writeErrors.length > 0) return true
      if (bytes < BYTES_PER_LOOK) continue
      if (performance.now() >= endMs) break
      bytes = 0
    }
    return this.next === documents.length
  }

  private store(transaction: WriteTransaction, index: number): void {
    const { context } = this
    if (context.retry?.answer(index)) {
      this.n++
      return
    }
    try {
      const doc = storedForm(this.documents[index])
      const collection = writableCollection(context, transaction, this.collectionName)
      storeDocument(context, transaction, collection, doc, this.rules)
      this.n++
      context.retry?.record(index, INSERTED)
    } catch (error) {
      this.writeErrors.push(writeError(index, error))
    }
  }
}

/** The document as it is stored: its `_id` in front. */
export function storedForm({ buf, at, size }: RawValue): Buffer {
  const bytes = buf.subarray(at, at + size)
  checkStorable(bytes)
  const id = findElement(bytes, 0, ID)
  return id === 4 ? bytes : withGeneratedId(bytes, id)
}
