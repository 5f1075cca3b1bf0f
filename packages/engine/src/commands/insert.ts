import { type Doc, findElement, type RawValue, type Writable } from '@gantry/bson'
import { insertRecord } from '../catalog/records.js'
import { checkStorable } from '../update/storable.js'
import { arg, optional, withDefault } from './args.js'
import { type CommandContext, command } from './command.js'
import { withGeneratedId } from './generated-id.js'
import { checkNewCollectionName } from './namespace.js'
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
  args: {
    insert: arg.collectionName,
    documents: arg.documents,
    ordered: withDefault(arg.bool, true),
    bypassDocumentValidation: optional(arg.bool),
  },
  async run(context, { insert: name, documents, ordered }) {
    checkNewCollectionName(context.db, name)
    checkBatchSize('insert', documents.length)
    await ensureCollection(context, name)
    const writeErrors: Writable[] = []
    const result = { n: 0 }
    const runs = documents.map((doc, i) => insertRun(context, name, doc, i, result, writeErrors))
    await runWrites(context, runs, () => !ordered || writeErrors.length === 0)
    return { n: result.n, ...(writeErrors.length > 0 && { writeErrors }) }
  },
})

const ID = Buffer.from('_id')
/** All that is to be remembered of an insertion. */
const INSERTED: Doc = new Map([['n', 1]])

function insertRun(
  context: CommandContext,
  name: string,
  given: RawValue,
  index: number,
  result: { n: number },
  writeErrors: Writable[],
): WriteRun {
  return {
    step(transaction) {
      if (context.retry?.answer(index)) {
        result.n++
        return true
      }
      try {
        const doc = storedForm(given)
        insertRecord(transaction, writableCollection(context, transaction, name), doc)
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
