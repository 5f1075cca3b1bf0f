import { DateTime } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { type State, type Table, textIn, timeIn } from '../state.js'

/** Which server does something that several could. */
interface Claim {
  readonly id: string
  readonly owner: string
  readonly untilMs: number
}

/** Claims to one kind of work, in a collection of their own. */
export function claimTable(collection: string): Table<Claim> {
  return { collection, ...claimForm }
}

const claimForm: Pick<Table<Claim>, 'write' | 'read'> = {
  write: ({ id, owner, untilMs }) => ({ _id: id, owner, until: DateTime.fromMs(untilMs) }),
  read: (doc) => ({
    id: textIn(doc, '_id'),
    owner: textIn(doc, 'owner'),
    untilMs: timeIn(doc, 'until'),
  }),
}

/** Who samples what. */
export const claims: Table<Claim> = claimTable('metricClaims')

export interface Claims {
  /** Whether this server is the one that does it, from now on or still. */
  hold(id: string): Promise<boolean>
  /** Leaves everything to others at once, as this server ends. */
  release(): Promise<void>
}

const LEASE_MS = 60_000
/** With so much left it is not renewed, as each renewal is a write. */
const ENOUGH_MS = 30_000

export function claimsFor(
  state: State,
  owner: string,
  now: () => number,
  table: Table<Claim> = claims,
): Claims {
  const held = new Map<string, number>()

  async function take(id: string): Promise<boolean> {
    const untilMs = now() + LEASE_MS
    const free = { _id: id, $or: [{ owner }, { until: { $lt: DateTime.fromMs(now()) } }] }
    const change = { $set: { owner, until: DateTime.fromMs(untilMs) } }
    const isOurs = (await state.updateIf(table, free, change)) || (await isNew(id, untilMs))
    if (isOurs) held.set(id, untilMs)
    else held.delete(id)
    return isOurs
  }

  async function isNew(id: string, untilMs: number): Promise<boolean> {
    try {
      await state.insert(table, { id, owner, untilMs })
      return true
    } catch (error) {
      if (error instanceof AppError && error.kind === 'conflict') return false
      throw error
    }
  }

  return {
    async hold(id) {
      return (held.get(id) ?? 0) - now() >= ENOUGH_MS || take(id)
    },
    async release() {
      if (held.size > 0) await state.deleteAll(table, { owner })
      held.clear()
    },
  }
}
