import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Compactions } from '../compaction/compaction.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { scheduleIdOf } from '../schedules/schedule.js'
import type { Schedules } from '../schedules/schedules.js'
import type { Shards } from '../shards/shards.js'
import type { State } from '../state.js'
import type { TaskHandler } from '../tasks/handler.js'
import { openSince, type StepdownWindow, stepdownTable } from './record.js'
import { primaryOf, stepDown } from './step-down.js'

/** What somebody wants a window to be. */
export type WindowOrder = Pick<
  StepdownWindow,
  'startMs' | 'endMs' | 'enabled' | 'scheduled' | 'weekly'
>

export interface Stepdowns {
  /** Undefined when nobody has set any. */
  get(instance: Pick<Instance, 'id'>): Promise<StepdownWindow | undefined>
  /** Rejects with `invalid` unless the window lasts from ten minutes to seven days. */
  set(instance: Instance, order: WindowOrder): Promise<StepdownWindow>
  /** Whether a primary may step down now: in the window, or at any time where none is set. */
  mayStepDown(instance: Pick<Instance, 'id'>): Promise<boolean>
  /** Whether primaries stepped down in the window that is open, or in the last one. */
  ranInWindow(window: StepdownWindow): boolean
  forget(instance: Pick<Instance, 'id'>): Promise<void>
}

export interface StepdownOptions {
  readonly state: State
  readonly schedules: Schedules
  readonly now?: () => number
}

/** The kind of the tasks that a window makes when it begins. */
export const STEPDOWN = 'mongodb.stepdown'

const LEAST_MS = 10 * 60_000
const DAY_MS = 24 * 3_600_000
const MOST_MS = 7 * DAY_MS

export function stepdownsOf({ state, schedules, now = Date.now }: StepdownOptions): Stepdowns {
  const get = ({ id }: Pick<Instance, 'id'>) => state.find(stepdownTable, { _id: new ObjectId(id) })
  return {
    get,
    async set({ id, account, home, service, name }, order) {
      if (service !== 'mongodb') {
        throw new AppError('unsupported', `instance "${name}" has no primaries: it is ${service}`)
      }
      checkWindow(order)
      const window: StepdownWindow = { ...order, instance: id, outcome: '' }
      await state.save(stepdownTable, window)
      const { startMs, endMs, enabled, weekly } = window
      const to = { kind: STEPDOWN, instance: id, account, ...(home !== undefined && { home }) }
      if (enabled && (weekly || endMs > now())) {
        const everyMs = weekly ? MOST_MS : 0
        await schedules.save({
          id: scheduleIdOf(STEPDOWN, id),
          ...to,
          args: {},
          nextMs: startMs,
          everyMs,
        })
      } else {
        await schedules.remove(scheduleIdOf(STEPDOWN, id))
      }
      return window
    },
    async mayStepDown(instance) {
      const window = await get(instance)
      return !window?.enabled || openSince(window, now()) !== undefined
    },
    ranInWindow: ({ ranMs, startMs, endMs, weekly }) =>
      ranMs !== undefined && ranMs >= startMs && (weekly || ranMs < endMs),
    async forget({ id }) {
      await state.delete(stepdownTable, new ObjectId(id))
      await schedules.remove(scheduleIdOf(STEPDOWN, id))
    },
  }
}

function checkWindow({ startMs, endMs }: WindowOrder): void {
  const invalid = (what: string) => new AppError('invalid', `stepdown window: ${what}`)
  if (!Number.isSafeInteger(startMs) || !Number.isSafeInteger(endMs)) {
    throw invalid('start and end must be times')
  }
  if (startMs >= endMs) throw invalid('start must be before end')
  if (endMs - startMs < LEAST_MS) throw invalid('it must last 10 minutes at least')
  if (endMs - startMs > MOST_MS) throw invalid('it must last 7 days at the most')
}

export interface StepdownParts {
  readonly state: State
  readonly registry: InstanceRegistry
  readonly shards: Shards
  readonly compactions: Pick<Compactions, 'goOn'>
  readonly now?: () => number
}

/** What is done when a window begins: primaries step down, and a compaction that waits for it goes on. */
export function stepdownHandler(parts: StepdownParts): TaskHandler {
  const { state, registry, shards, compactions, now = Date.now } = parts
  return {
    async run({ instance: id = '' }, work) {
      const instance = registry.byId(id)
      const window = await state.find(stepdownTable, { _id: new ObjectId(id) })
      if (!instance || !window) return
      if (openSince(window, now()) === undefined) {
        await finish('the window had passed before a server came to it', {})
        return
      }
      if (!window.scheduled) {
        await compactions.goOn(instance)
        await finish('primaries were free to step down, and nobody asked them to', {})
        return
      }
      const { member } = await registry.running(instance, 'mongodb')
      const stepped: string[] = []
      const alone: string[] = []
      for (const { name, members } of await shards.list(instance)) {
        await work.step(`stepping down in ${name}`)
        const primary = await primaryOf(member, members)
        if (members.length < 2) alone.push(name)
        else if (primary !== undefined) {
          await stepDown(await member(primary))
          stepped.push(primary)
        }
      }
      await compactions.goOn(instance)
      await finish(outcomeText(stepped, alone), stepped.length > 0 ? { ranMs: now() } : {})

      async function finish(outcome: string, fields: { readonly ranMs?: number }): Promise<void> {
        const latest = await state.find(stepdownTable, { _id: new ObjectId(id) })
        if (latest) await state.save(stepdownTable, { ...latest, ...fields, outcome })
        await work.step('done', 1, { outcome })
      }
    },
  }
}

function outcomeText(stepped: readonly string[], alone: readonly string[]): string {
  const parts = [
    ...(stepped.length > 0 ? [`stepped down: ${stepped.join(', ')}`] : []),
    ...(alone.length > 0
      ? [`${alone.join(', ')}: a set of one member has nobody to step down for, and stays as it is`]
      : []),
  ]
  return parts.join('; ') || 'no primary was found'
}
