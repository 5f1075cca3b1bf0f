import { DateTime, ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Log } from '../log.js'
import { type PlainFields, plainFieldsOf, type State } from '../state.js'
import type { TaskHandler, TaskWork } from './handler.js'
import { isFinished, type Task, taskTable } from './task.js'

export interface RunnerOptions {
  readonly state: State
  readonly log: Log
  /** The id of this server among those that share the state. */
  readonly server: string
  /** How long a claim lasts unless it is renewed. Default: 30 s. */
  readonly leaseMs?: number
  /** How often to look for work that others left. Default: 5 s. */
  readonly pollMs?: number
}

/** Claims tasks and runs them. */
export interface Runner {
  /** Looks for work soon. */
  wake(): void
  cancel(id: string): void
  finished(id: string): Promise<Task>
  /** Calls back with each task that comes to its end here, whichever end; `stop` waits for what it does. */
  watch(listener: (task: Task) => Promise<void>): void
  start(): Promise<void>
  stop(): Promise<void>
}

const LEASE_MS = 30_000
const POLL_MS = 5_000
/** How many run at a time. */
const MOST_AT_ONCE = 8
/** One that a server did not survive so often is given up. */
const MOST_ATTEMPTS = 5
/** Finished tasks are kept as long. */
const KEPT_MS = 30 * 24 * 3_600_000
/** Progress within a step is written down no more often. */
const PROGRESS_MS = 1_000

type Interruption = 'cancelled' | 'stopped' | 'taken over'

interface Run {
  readonly abort: AbortController
  readonly ended: Promise<void>
}

export function createRunner(
  { state, log, server, leaseMs = LEASE_MS, pollMs = POLL_MS }: RunnerOptions,
  handlers: ReadonlyMap<string, TaskHandler>,
): Runner {
  const runs = new Map<string, Run>()
  const listeners: ((task: Task) => Promise<void>)[] = []
  const waiting = new Map<string, ((task: Task) => void)[]>()
  let isStarted = false
  let isStopping = false
  let looking: Promise<void> | undefined
  let lookAgain = false
  let timer: NodeJS.Timeout | undefined

  const idOf = ({ id }: Task) => new ObjectId(id)
  /** As long as it is ours. */
  const ours = (task: Task) => ({ _id: idOf(task), state: 'running', owner: server })
  const lease = () => DateTime.fromMs(Date.now() + leaseMs)

  function wake(): void {
    if (!isStarted || isStopping) return
    if (looking !== undefined) {
      lookAgain = true
      return
    }
    looking = look()
      .catch((error: unknown) => log.error({ err: error }, 'tasks cannot be read'))
      .finally(() => {
        looking = undefined
        if (lookAgain) {
          lookAgain = false
          wake()
        }
      })
  }

  async function look(): Promise<void> {
    const unfinished = {
      state: { $in: ['queued', 'running'] },
      kind: { $in: [...handlers.keys()] },
    }
    for (const task of await state.list(taskTable, unfinished, { sort: { _id: 1 } })) {
      const run = runs.get(task.id)
      if (run) {
        if (task.cancelRequested) run.abort.abort('cancelled' satisfies Interruption)
        continue
      }
      if (isStopping || runs.size >= MOST_AT_ONCE) return
      if (isFree(task)) await claim(task)
    }
    for (const id of waiting.keys()) {
      const task = await state.find(taskTable, { _id: new ObjectId(id) })
      if (task && isFinished(task)) tell(task)
    }
  }

  function isFree({ state, home, leaseUntilMs, owner }: Task): boolean {
    if (home !== undefined && home !== server) return false
    // One of ours that does not run is from before a restart.
    return state === 'queued' || owner === server || leaseUntilMs < Date.now()
  }

  async function claim(task: Task): Promise<void> {
    const { attempts } = task
    const asSeen = { _id: idOf(task), state: task.state as string, attempts }
    const now = DateTime.fromMs(Date.now())
    const claimed = await state.updateIf(taskTable, asSeen, {
      $set: { state: 'running', owner: server, leaseUntil: lease(), attempts: attempts + 1 },
      $min: { started: now },
    })
    if (!claimed) return
    const abort = new AbortController()
    const current: Task = { ...task, state: 'running', owner: server, attempts: attempts + 1 }
    if (task.cancelRequested) abort.abort('cancelled' satisfies Interruption)
    const ended = execute(current, abort)
      .catch((error: unknown) => log.error({ err: error, task: task.id }, 'a task is stuck'))
      .finally(() => {
        runs.delete(task.id)
        wake()
      })
    runs.set(task.id, { abort, ended })
  }

  async function execute(task: Task, abort: AbortController): Promise<void> {
    const handler = handlers.get(task.kind) as TaskHandler
    const isResumed = task.attempts > 1
    const from = `at the step "${task.step}"`
    const renewal = setInterval(() => void renew(task, abort), leaseMs / 3)
    renewal.unref()
    try {
      if (task.attempts > MOST_ATTEMPTS) throw new Error(`given up after ${MOST_ATTEMPTS} attempts`)
      if (isResumed) {
        await state.updateIf(taskTable, ours(task), {
          $set: { note: `went on after a restart ${from}` },
        })
        log.info(about(task), `task ${task.kind} goes on after a restart ${from}`)
      }
      abort.signal.throwIfAborted()
      await handler.run(task, workOn(task, abort.signal, isResumed))
      await finish(task, { state: 'succeeded', permille: 1000, step: 'done' })
    } catch (error) {
      await end(task, handler, error, abort.signal)
    } finally {
      clearInterval(renewal)
    }
  }

  /** Ends a task that did not succeed, unless it is to be gone on with. */
  async function end(task: Task, handler: TaskHandler, error: unknown, signal: AbortSignal) {
    const interruption = signal.aborted ? (signal.reason as Interruption) : undefined
    if (interruption === 'taken over') return
    if (interruption === 'stopped') {
      // Anybody may go on with it from now on.
      const leaseUntil = DateTime.fromMs(0)
      await state.updateIf(taskTable, ours(task), { $set: { leaseUntil } })
      return
    }
    const latest = (await state.find(taskTable, { _id: idOf(task) })) ?? task
    const reason = interruption ?? messageOf(error)
    const fields = { state: interruption ? 'cancelled' : 'failed', error: reason }
    const what = handler.rollBack ? 'rolled back' : 'given up'
    const note = `${what} at the step "${latest.step}"`
    try {
      await handler.rollBack?.(latest, error)
    } catch (cause) {
      log.error({ ...about(task), err: cause }, `task ${task.kind} could not be rolled back`)
      await finish(task, { ...fields, note: `could not be rolled back: ${messageOf(cause)}` })
      return
    }
    const isOurs = error instanceof AppError || interruption !== undefined
    log.warn(
      isOurs ? about(task) : { ...about(task), err: error },
      `task ${task.kind} ${note}: ${reason}`,
    )
    await finish(task, { ...fields, note })
  }

  async function finish(task: Task, fields: { readonly [name: string]: string | number }) {
    const finished = DateTime.fromMs(Date.now())
    const isOurs = await state.updateIf(taskTable, ours(task), {
      $set: { ...fields, finished },
      $unset: { exclusive: '' },
    })
    const latest = await state.find(taskTable, { _id: idOf(task) })
    if (!latest) return
    tell(latest)
    if (isOurs) for (const listener of listeners) await listener(latest)
  }

  function tell(task: Task): void {
    const told = waiting.get(task.id) ?? []
    waiting.delete(task.id)
    for (const tell of told) tell(task)
  }

  function workOn(task: Task, signal: AbortSignal, isResumed: boolean): TaskWork {
    let lastKeptMs = 0
    async function keep(
      fields: { readonly [name: string]: string | number },
      result?: PlainFields,
    ) {
      const results = Object.entries(plainFieldsOf(result ?? {}))
      const dotted = Object.fromEntries(results.map(([name, value]) => [`result.${name}`, value]))
      await state.updateIf(taskTable, ours(task), { $set: { ...fields, ...dotted } })
    }
    return {
      signal,
      isResumed,
      async step(step, progress, result) {
        signal.throwIfAborted()
        await keep({ step, ...(progress !== undefined && permilleOf(progress)) }, result)
      },
      progress(done) {
        if (Date.now() - lastKeptMs < PROGRESS_MS) return
        lastKeptMs = Date.now()
        keep(permilleOf(done)).catch(() => {
          // The next one will do as well, and the lease tells when there is no state any more.
        })
      },
    }
  }

  async function renew(task: Task, abort: AbortController): Promise<void> {
    try {
      const isOurs = await state.updateIf(taskTable, ours(task), { $set: { leaseUntil: lease() } })
      if (!isOurs) abort.abort('taken over' satisfies Interruption)
    } catch (error) {
      log.warn({ ...about(task), err: error }, `the lease of task ${task.kind} cannot be renewed`)
    }
  }

  return {
    wake,
    watch: (listener) => void listeners.push(listener),
    cancel: (id) => runs.get(id)?.abort.abort('cancelled' satisfies Interruption),
    async finished(id) {
      const ended = new Promise<Task>((resolve) => {
        waiting.set(id, [...(waiting.get(id) ?? []), resolve])
      })
      const task = await state.find(taskTable, { _id: new ObjectId(id) })
      if (!task) throw new AppError('not_found', 'no such task')
      if (isFinished(task)) tell(task)
      return ended
    },
    async start() {
      isStarted = true
      const old = { finished: { $lt: DateTime.fromMs(Date.now() - KEPT_MS) } }
      await state.deleteAll(taskTable, old)
      timer = setInterval(wake, pollMs)
      wake()
    },
    async stop() {
      isStopping = true
      clearInterval(timer)
      await looking
      for (const { abort } of runs.values()) abort.abort('stopped' satisfies Interruption)
      await Promise.all([...runs.values()].map(({ ended }) => ended))
    },
  }
}

function about({ id, kind, instance }: Task) {
  return { task: id, kind, ...(instance !== undefined && { instance }) }
}

function permilleOf(progress: number): { permille: number } {
  return { permille: Math.round(Math.min(1, Math.max(0, progress)) * 1000) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
