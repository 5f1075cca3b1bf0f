import { type Doc, findElement, type RawValue, type Writable } from '@gantry/bson'
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
    ordered: withDefault(arg.bool, true),
    bypassDocumentValidation: withDefault(optional(arg.bool), false),
  },
  async run(context, { insert: name, documents, ordered, ...rules }) {
    checkNewCollectionName(context.db, name)
    checkBatchSize(documents.length)
    await ensureCollection(context, name)
    const writeErrors: Writable[] = []
    const result = { n: 0 }
    const runs = documents.map((doc, i) =>
      insertRun(context, name, doc, i, { result, writeErrors, rules }),
    )
    await runWrites(context, runs, () => !ordered || writeErrors.length === 0)
    return { n: result.n, ...(writeErrors.length > 0 && { writeErrors }) }
  },
})

const ID = Buffer.from('_id')
/** All that is to be remembered of an insertion. */
const INSERTED: Doc = new Map([['n', 1]])

/** What the insertions of a command have in common. */
interface SharedState {
  readonly result: { n: number }
  readonly writeErrors: Writable[]
  readonly rules: WriteRules
}

function insertRun(
  context: CommandContext,
  name: string,
  given: RawValue,
  index: number,
  { result, writeErrors, rules }: SharedState,
): WriteRun {
  return {
    step(transaction) {
      if (context.retry?.answer(index)) {
        result.n++
        return true
      }
      try {
        const doc = storedForm(given)
        const collection = writableCollection(context, transaction, name)
        storeDocument(context, transaction, collection, doc, rules)
        result.n++
        context.retry?.record(index, INSERTED)
      } catch (error) {
        writeErrors.push(writeError(index, error))
      }
      return true
    },
  }
}

/** The document as it is stored: its `_id` in front. */
export function storedForm({ buf, at, size }: RawValue): Buffer {
  const bytes = buf.subarray(at, at + size)
  checkStorable(bytes)
  const id = findElement(bytes, 0, ID)
  return id === 4 ? bytes : withGeneratedId(bytes, id)
}
