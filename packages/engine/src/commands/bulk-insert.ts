import type { Doc, RawValue } from '@gantry/bson'
import type { CommandContext } from './command.js'
import { INSERTED, storedForm } from './insert.js'
import { storeDocument, type WriteRules } from './store-document.js'
import { writableCollection } from './writable-collection.js'
import type { StatementRun } from './write-steps.js'

/** The insertion of one document, as the statement at an index of its command. */
export function insertRun(
  context: CommandContext,
  name: string,
  given: RawValue,
  index: number,
  rules: WriteRules,
  failed: (error: unknown) => void,
): StatementRun {
  let answer: Doc | undefined
  return {
    step(transaction) {
      if (context.retry?.answer(index)) {
        answer = INSERTED
        return true
      }
      try {
        const doc = storedForm(given)
        const collection = writableCollection(context, transaction, name)
        storeDocument(context, transaction, collection, doc, rules)
        answer = INSERTED
        context.retry?.record(index, INSERTED)
      } catch (error) {
        failed(error)
      }
      return true
    },
    get answer() {
      return answer
    },
  }
}
