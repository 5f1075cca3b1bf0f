import { DateTime, type Doc } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { type State, type Table, timeIn } from '../state.js'

/** What may be used once, at whichever of the servers that share a state. */
export interface SingleUses {
  /** Whether this is the first use of it. What is used after `untilMs` need not be remembered. */
  take(what: string, untilMs: number): Promise<boolean>
}

interface Use {
  readonly what: string
  readonly untilMs: number
}

export const singleUseTable: Table<Use> = {
  collection: 'singleUses',
  indexes: [['until']],
  write: ({ what, untilMs }) => ({ _id: what, until: DateTime.fromMs(untilMs) }),
  read: (doc: Doc) => ({ what: String(doc.get('_id')), untilMs: timeIn(doc, 'until') }),
}

const TIDY_MS = 60_000

/** Keeps them in the state; the table has been prepared. */
export function singleUsesIn(state: State, now: () => number = Date.now): SingleUses {
  let tidiedMs = 0
  return {
    async take(what, untilMs) {
      const at = now()
      if (at - tidiedMs >= TIDY_MS) {
        tidiedMs = at
        await state.deleteAll(singleUseTable, { until: { $lt: DateTime.fromMs(at - TIDY_MS) } })
      }
      try {
        await state.insert(singleUseTable, { what, untilMs })
        return true
      } catch (error) {
        if (error instanceof AppError && error.kind === 'conflict') return false
        throw error
      }
    },
  }
}
