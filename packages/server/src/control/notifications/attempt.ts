import { DateTime, ObjectId } from '@gantry/bson'
import type { Log } from '../log.js'
import type { State } from '../state.js'
import { type Delivery, deliveryTable } from './delivery.js'
import { reasonOf, Undelivered } from './undelivered.js'

/** How deliveries are tried. */
export interface AttemptOptions {
  readonly state: State
  readonly log: Log
  readonly now: () => number
  /** Tries once; rejects when it has not arrived. Ends by itself within a minute, and soon after an abort. */
  readonly deliver: (delivery: Delivery, signal: AbortSignal) => Promise<void>
  /** Is told before a delivery is dropped that has not arrived. */
  readonly gaveUp: (delivery: Delivery, reason: string) => Promise<void>
}

const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 3_600_000
const GIVEN_UP_AFTER_MS = 24 * 3_600_000

/**
 * Tries a delivery once, and keeps what has come of it: it is gone when it has arrived or is given
 * up, due again later when it failed, and free at once when the try was interrupted. Never rejects.
 */
export function attempting(options: AttemptOptions, signal: AbortSignal) {
  const { state, log, now, deliver, gaveUp } = options
  const idOf = ({ id }: Delivery) => new ObjectId(id)

  async function fail(delivery: Delivery, error: unknown): Promise<void> {
    const free = { leaseUntil: DateTime.fromMs(0) }
    if (signal.aborted) {
      await state.update(deliveryTable, idOf(delivery), { $set: free })
      return
    }
    const attempts = delivery.attempts + 1
    const dueMs = now() + pauseAfter(attempts, error)
    const isOver = dueMs - delivery.createdMs > GIVEN_UP_AFTER_MS
    const reason = reasonOf(error)
    const about = { delivery: delivery.id, project: delivery.project, carrier: delivery.carrier }
    if (isOver || (error instanceof Undelivered && error.isFinal)) {
      log.warn({ ...about, attempts }, `a notification is given up: ${reason}`)
      await gaveUp(delivery, reason)
      await state.delete(deliveryTable, idOf(delivery))
      return
    }
    log.info({ ...about, attempts }, `a notification is tried again later: ${reason}`)
    const due = DateTime.fromMs(dueMs)
    await state.update(deliveryTable, idOf(delivery), { $set: { ...free, attempts, due } })
  }

  return async (delivery: Delivery): Promise<void> => {
    try {
      await deliver(delivery, signal)
      await state.delete(deliveryTable, idOf(delivery))
    } catch (error) {
      await fail(delivery, error).catch((cause: unknown) =>
        log.error({ err: cause, delivery: delivery.id }, 'a notification cannot be kept up'),
      )
    }
  }
}

function pauseAfter(attempts: number, error: unknown): number {
  const growing = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1))
  const wanted = error instanceof Undelivered ? error.pauseMs : 0
  return Math.max(growing, Math.min(wanted, LONGEST_PAUSE_MS))
}
