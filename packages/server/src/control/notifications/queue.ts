/**
 * Deliveries that wait in the state. Of several servers that share it one tries each, under a
 * lease that outlasts the longest try; after a restart a server goes on with its own at once.
 * Every delivery is tried until it succeeds, at growing intervals, or is given up: it may arrive
 * twice, as a server can go down between a success and the note of it, but is never forgotten.
 */
import { DateTime, ObjectId } from '@gantry/bson'
import { type AttemptOptions, attempting } from './attempt.js'
import { type Delivery, deliveryTable } from './delivery.js'

/** What deliveries are tried with, and by which server. */
export interface QueueOptions extends AttemptOptions {
  /** The id of this server among those that share the state. */
  readonly server: string
}

/** Deliveries that wait to be tried. */
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
const MOST_AT_ONCE = 8
/** So that the slow recipients of one project do not hold up others. */
const MOST_OF_PROJECT = 2

/** Nothing is tried by itself before `start`. */
export function openQueue(options: QueueOptions): Queue {
  const { state, server, log, now } = options
  const running = new Map<string, { readonly project: string; readonly done: Promise<void> }>()
  const abort = new AbortController()
  const attempt = attempting(options, abort.signal)
  /** Since the start it has been ours, so that nothing of before runs still. */
  let mayTakeOwn = true
  let working: Promise<void> | undefined
  let nudge = () => {}
  let isStarted = false
  let timer: NodeJS.Timeout | undefined

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
      if (!hasRoom(delivery.project) || !(await claim(options, delivery))) continue
      const done = attempt(delivery).finally(() => running.delete(delivery.id))
      running.set(delivery.id, { project: delivery.project, done })
      hasBegun = true
    }
    mayTakeOwn = false
    return hasBegun
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

/** Takes a delivery for this server unless another was first. */
function claim({ state, server, now }: QueueOptions, delivery: Delivery): Promise<boolean> {
  const { owner, leaseUntilMs, attempts } = delivery
  const leaseUntil = DateTime.fromMs(leaseUntilMs)
  const asSeen = { _id: new ObjectId(delivery.id), owner, leaseUntil, attempts }
  const lease = DateTime.fromMs(now() + LEASE_MS)
  return state.updateIf(deliveryTable, asSeen, { $set: { owner: server, leaseUntil: lease } })
}
