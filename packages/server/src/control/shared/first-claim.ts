import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '../../errors.js'
import { accounts } from '../accounts/accounts.js'
import { type State, type Table, textIn } from '../state.js'

interface Claim {
  readonly server: string
}

const ID = 'first start'

const claims: Table<Claim> = {
  collection: 'claims',
  write: ({ server }) => ({ _id: ID, server }),
  read: (doc) => ({ server: textIn(doc, 'server') }),
}

const WAIT_MS = 30_000
const POLL_MS = 100

/**
 * Whether this server is the one that fills an empty state; of several that start at once one
 * is. For the others this resolves when it is filled, and rejects with `unavailable` when
 * that takes too long.
 */
export async function claimFirstStart(
  state: State,
  server: string,
  waitMs = WAIT_MS,
): Promise<boolean> {
  try {
    await state.insert(claims, { server })
    return true
  } catch (error) {
    if (!(error instanceof AppError && error.kind === 'conflict')) throw error
  }
  const claim = await state.find(claims, { _id: ID })
  if (claim?.server === server) return true
  for (let waited = 0; waited < waitMs; waited += POLL_MS) {
    if (await state.find(accounts, {})) return false
    await pause(POLL_MS)
  }
  throw new AppError(
    'unavailable',
    `server ${claim?.server} has begun to fill the shared state and has not finished: start that one again, or give this one an empty state`,
  )
}
