import { type Doc, ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { numberIn, type State, type Table } from '../state.js'
import type { RequestCounts } from './request-counts.js'

interface Count {
  readonly id: string
  readonly second: number
  readonly count: number
}

export const requestCountTable: Table<Count> = {
  collection: 'requestCounts',
  indexes: [['second']],
  write: ({ id, second, count }) => ({ _id: id, second, count }),
  read: (doc: Doc) => ({
    id: String(doc.get('_id')),
    second: numberIn(doc, 'second'),
    count: numberIn(doc, 'count'),
  }),
}

/** Clocks of servers differ; counts are kept for so many seconds. */
const KEPT_SECONDS = 60

/** Counts of all servers that share a state, in that. */
export function sharedRequestCounts(state: State): RequestCounts {
  let tidied = 0

  async function add(id: string, second: number): Promise<number> {
    const update = { $inc: { count: 1 }, $setOnInsert: { second } }
    const options = { upsert: true }
    const counted = await state.findAndModify(requestCountTable, { _id: id }, update, options)
    return counted?.count ?? 1
  }

  return {
    async count(account, second) {
      const id = `${new ObjectId(account).toHexString()} ${second}`
      if (second - tidied >= KEPT_SECONDS) {
        tidied = second
        await state.deleteAll(requestCountTable, { second: { $lt: second - KEPT_SECONDS } })
      }
      try {
        return await add(id, second)
      } catch (error) {
        // Two servers made it in the same moment.
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error
        return add(id, second)
      }
    },
  }
}
