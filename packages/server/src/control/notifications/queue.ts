/**
 * Deliveries that wait in the state. Of several servers that share it one tries each, under a
 * lease that outlasts the longest try; after a restart a server goes on with its own at once.
 * Every delivery is tried until it succeeds, at growing intervals, or is given up: it may arrive
 * twice, as a server can go down between a success and the note of it, but is never forgotten.
 */
import { DateTime, ObjectId } from '@gantry/bson'
import type { Log } from '../log.js'
import type { State } from '../state.js'
import { type Delivery, deliveryTable } from './delivery.js'
import { reasonOf, Undelivered } from './undelivered.js'

export interface QueueOptions {
  readonly state: State
  /** The id of this server among those that share the state. */
  readonly server: string
  readonly log: Log
  readonly now: () => number
  /** Tries once; rejects when it has not arrived. Ends by itself within a minute, and soon after an abort. */
  readonly deliver: (delivery: Delivery, signal: AbortSignal) => Promise<void>
  /** Is told before a delivery is dropped that has not arrived. */
  readonly gaveUp: (delivery: Delivery, reason: string) => Promise<void>
}

export interface Queue {
  /** Resolves when they are kept; they are tried soon after `start`. */
  add(deliveries: readonly Delivery[]): Promise<void>
  /** Tries all that is due, and resolves when nothing is. */
  work(): Promise<void>
  start(): void
  /** Interrupts what is being tried, which is tried anew later. */
  stop(): Promise<void>
}

const LEASE_MS = 90_000
const POLL_MS = 5_000
const FIRST_PAUSE_MS = 10_000
const LONGEST_PAUSE_MS = 3_600_000
const GIVEN_UP_AFTER_MS = 24 * 3_600_000
const MOST_AT_ONCE = 8
/** So that the slow recipients of one project do not hold up others. */
const MOST_OF_PROJECT = 2

export function openQueue({ state, server, log, now, deliver, gaveUp }: QueueOptions): Queue {
  const running = new Map<string, { readonly project: string; readonly done: Promise<void> }>()
  const abort = new AbortController()
  /** Since the start it has been ours, so that nothing of before runs still. */
  let mayTakeOwn = true
  let working: Promise<void> | undefined
  let nudge = () => {}
  let isStarted = false
  let timer: NodeJS.Timeout | undefined

  const idOf = ({ id }: Delivery) => new ObjectId(id)

  function isFree({ dueMs, owner, leaseUntilMs }: Delivery): boolean {
    if (dueMs > now()) return false
    return leaseUntilMs <= now() || (mayTakeOwn && owner === server)
  }

  function hasRoom(project: string): boolean {
    const ofProject = [...running.values()].filter((run) => run.project === project)
    return running.size < MOST_AT_ONCE && ofProject.length < MOST_OF_PROJECT
  }

  /** Starts what can be started, and says whether there was anything. */
  async function begin(): Promise<boolean> {
    const lines = new Set<string>()
    let hasBegun = false
    for (const delivery of await state.list(deliveryTable, {}, { sort: { _id: 1 } })) {
      const isNext = !lines.has(delivery.line)
      lines.add(delivery.line)
      if (abort.signal.aborted) return false
      if (!isNext || running.has(delivery.id) || !isFree(delivery)) continue
      if (!hasRoom(delivery.project) || !(await claim(delivery))) continue
      const done = attempt(delivery).finally(() => running.delete(delivery.id))
      running.set(delivery.id, { project: delivery.project, done })
      hasBegun = true
    }
    mayTakeOwn = false
    return hasBegun
  }

  function claim(delivery: Delivery): Promise<boolean> {
    const { owner, leaseUntilMs, attempts } = delivery
    const leaseUntil = DateTime.fromMs(leaseUntilMs)
    const asSeen = { _id: idOf(delivery), owner, leaseUntil, attempts }
    const lease = DateTime.fromMs(now() + LEASE_MS)
    return state.updateIf(deliveryTable, asSeen, { $set: { owner: server, leaseUntil: lease } })
  }

  async function attempt(delivery: Delivery): Promise<void> {
    try {
      await deliver(delivery, abort.signal)
      await state.delete(deliveryTable, idOf(delivery))
    } catch (error) {
      await fail(delivery, error).catch((cause: unknown) =>
        log.error({ err: cause, delivery: delivery.id }, 'a notification cannot be kept up'),
      )
    }
  }

  async function fail(delivery: Delivery, error: unknown): Promise<void> {
    const free = { leaseUntil: DateTime.fromMs(0) }
    if (abort.signal.aborted) {
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

  async function workOff(): Promise<void> {
    for (;;) {
      const nudged = new Promise<void>((resolve) => {
        nudge = resolve
      })
      const hasBegun = await begin()
      // What has ended meanwhile has made room, and may have had others behind it.
      if (running.size === 0 && !hasBegun) return
      const runs = [...running.values()].map(({ done }) => done)
      if (runs.length > 0) await Promise.race([nudged, ...runs])
    }
  }

  /** What is added while others are tried need not wait for one of them to end. */
  function work(): Promise<void> {
    nudge()
    working ??= workOff().finally(() => {
      working = undefined
    })
    return working
  }

  function wake(): void {
    if (!isStarted || abort.signal.aborted) return
    work().catch((error: unknown) => {
      log.error({ err: error }, 'notifications that wait cannot be read')
    })
  }

  return {
    async add(deliveries) {
      for (const delivery of deliveries) await state.insert(deliveryTable, delivery)
      wake()
    },
    work,
    start() {
      isStarted = true
      timer = setInterval(wake, POLL_MS)
      timer.unref()
      wake()
    },
    async stop() {
      abort.abort()
      clearInterval(timer)
      await Promise.allSettled([working, ...[...running.values()].map(({ done }) => done)])
    },
  }
}

function pauseAfter(attempts: number, error: unknown): number {
  const growing = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1))
  const wanted = error instanceof Undelivered ? error.pauseMs : 0
  return Math.max(growing, Math.min(wanted, LONGEST_PAUSE_MS))
}
