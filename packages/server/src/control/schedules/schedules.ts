/**
 * What is to happen at a time, or again and again: a schedule makes a task each time it is due.
 *
 * However many servers share the state, each time makes one task: the task's `key` names
 * schedule and time, and the schedule moves on only when it is there. What was due while no
 * server ran is made up for once, at the next start.
 */
import { DateTime, ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Filter } from '../../services/deployment.js'
import type { Log } from '../log.js'
import type { State } from '../state.js'
import type { Tasks } from '../tasks/tasks.js'
import { following, type Schedule, scheduleTable } from './schedule.js'

export interface Schedules {
  /** Keeps a schedule, or replaces the one of this id. Rejects with `invalid` when `everyMs` is too short. */
  save(schedule: Omit<Schedule, 'id'> & { readonly id?: string }): Promise<Schedule>
  get(id: string): Promise<Schedule | undefined>
  list(filter: Filter): Promise<Schedule[]>
  remove(id: string): Promise<boolean>
  /** Removes all that an instance has. */
  forget(instance: string): Promise<void>
  /** Makes the tasks that are due now, as it does by itself all the time from `start` on. */
  fire(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface SchedulesOptions {
  readonly state: State
  readonly tasks: Pick<Tasks, 'create'>
  readonly log: Log
  /** Milliseconds since 1970; the system's clock unless a test sets another. */
  readonly now?: () => number
}

/** How often it is looked whether something is due. */
const LOOK_MS = 1_000
/** The shortest repetition that makes sense with that. */
const LEAST_MS = 10_000

export function openSchedules({ state, tasks, log, now = Date.now }: SchedulesOptions): Schedules {
  let timer: NodeJS.Timeout | undefined
  let firing: Promise<void> | undefined
  /** Nothing is due before, as far as this server knows; others may make schedules meanwhile. */
  let idleUntilMs = 0

  /** Schedules that another server makes are found after this time at the latest. */
  const IDLE_MS = 10_000

  async function fireAll(): Promise<void> {
    const nowMs = now()
    const due = { next: { $lte: DateTime.fromMs(nowMs) } }
    for (const schedule of await state.list(scheduleTable, due)) await fireOne(schedule, nowMs)
    const first = await state.find(scheduleTable, {}, { sort: { next: 1 } })
    idleUntilMs = Math.min(first?.nextMs ?? Number.POSITIVE_INFINITY, nowMs + IDLE_MS)
  }

  async function fireOne(schedule: Schedule, nowMs: number): Promise<void> {
    const { id, kind, instance, account, home, args, nextMs, everyMs } = schedule
    const to = { kind, instance, account, home, args }
    try {
      await tasks.create({ ...to, key: `schedule ${id} ${nextMs}` })
    } catch (error) {
      // Another server made it, or this one just before it was killed.
      if (!(error instanceof AppError && error.kind === 'conflict')) throw error
    }
    const asSeen = { _id: new ObjectId(id), next: DateTime.fromMs(nextMs) }
    if (everyMs === 0) {
      await state.deleteAll(scheduleTable, asSeen)
      return
    }
    const next = DateTime.fromMs(following(nextMs, everyMs, nowMs))
    await state.updateIf(scheduleTable, asSeen, { $set: { next } })
  }

  function fire(): Promise<void> {
    firing ??= fireAll().finally(() => {
      firing = undefined
    })
    return firing
  }

  return {
    async save({ id = new ObjectId().toHexString(), ...rest }) {
      if (rest.everyMs !== 0 && rest.everyMs < LEAST_MS) {
        throw new AppError('invalid', `a schedule repeats every ${LEAST_MS / 1000} s at the most`)
      }
      const schedule = { ...rest, id }
      await state.save(scheduleTable, schedule)
      idleUntilMs = 0
      return schedule
    },
    get: (id) => state.find(scheduleTable, { _id: new ObjectId(id) }),
    list: (filter) => state.list(scheduleTable, filter, { sort: { _id: 1 } }),
    remove: (id) => state.delete(scheduleTable, new ObjectId(id)),
    async forget(instance) {
      await state.deleteAll(scheduleTable, { instance: new ObjectId(instance) })
    },
    fire,
    start() {
      timer = setInterval(() => {
        if (now() < idleUntilMs) return
        fire().catch((error: unknown) => log.error({ err: error }, 'schedules cannot be read'))
      }, LOOK_MS)
    },
    async stop() {
      clearInterval(timer)
      await firing?.catch(() => {})
    },
  }
}
