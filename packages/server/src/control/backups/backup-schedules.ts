import { AppError } from '../../errors.js'
import type { BackupLayout } from '../../services/backup.js'
import type { Instance } from '../instances/instances.js'
import type { Schedule } from '../schedules/schedule.js'
import { following } from '../schedules/schedule.js'
import type { BackupServices } from './backup-services.js'
import { BACKUP } from './kinds.js'

/** When an instance is backed up. */
export interface BackupSchedule {
  readonly enabled: boolean
  readonly everyHours: number
  /** In UTC, `00:01`: when the first of a day is made. */
  readonly at: string
  readonly keepDays: number
  readonly layout: BackupLayout
  readonly gzip: boolean
  /** When the next one is made; missing while it is off. */
  readonly nextMs?: number
}

export interface BackupSchedules {
  /** The schedule of an instance: its own, or what is so for all. */
  get(instance: Instance): Promise<BackupSchedule>
  /** Changes what is given. Rejects with `invalid`. */
  set(instance: Instance, change: Partial<Omit<BackupSchedule, 'nextMs'>>): Promise<BackupSchedule>
  /** Gives an instance that has none the schedule that is so for all. */
  ensure(instance: Instance): Promise<void>
  forget(instanceId: string): Promise<void>
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Of a schedule that is off: never. */
const NEVER_MS = Date.UTC(9999, 0, 1)
const MOST_DAYS = 3650

export function schedulesOf({ schedules, settings, now }: BackupServices): BackupSchedules {
  const forAll: BackupSchedule = {
    enabled: settings.daily,
    everyHours: 24,
    at: '00:01',
    keepDays: settings.keepDays,
    layout: 'archive',
    gzip: true,
  }

  async function get({ id, mode }: Instance): Promise<BackupSchedule> {
    const stored = await schedules.get(id)
    if (stored) return read(stored)
    // What lives elsewhere is backed up when somebody says so; see `ensure`.
    return { ...forAll, enabled: forAll.enabled && mode !== 'attached' }
  }

  async function save(instance: Instance, schedule: BackupSchedule): Promise<BackupSchedule> {
    const { enabled, everyHours, at, keepDays, layout, gzip } = schedule
    const everyMs = everyHours * HOUR_MS
    const saved = await schedules.save({
      // The same on every server, so that there is one.
      id: instance.id,
      kind: BACKUP,
      instance: instance.id,
      account: instance.account,
      ...(instance.home !== undefined && { home: instance.home }),
      args: { at, keepDays, layout, gzip, everyHours, enabled },
      nextMs: enabled ? nextTime(at, everyMs, now()) : NEVER_MS,
      everyMs,
    })
    return read(saved)
  }

  return {
    get,
    async set(instance, change) {
      const schedule = { ...(await get(instance)), ...change }
      check(schedule)
      return save(instance, schedule)
    },
    async ensure(instance) {
      if (!(await schedules.get(instance.id))) await save(instance, forAll)
    },
    async forget(instanceId) {
      await schedules.forget(instanceId)
    },
  }
}

function read({ args, nextMs }: Schedule): BackupSchedule {
  const enabled = args.enabled === true
  return {
    enabled,
    everyHours: Number(args.everyHours),
    at: String(args.at),
    keepDays: Number(args.keepDays),
    layout: args.layout === 'directory' ? 'directory' : 'archive',
    gzip: args.gzip === true,
    ...(enabled && { nextMs }),
  }
}

function check({ everyHours, at, keepDays }: BackupSchedule): void {
  if (!Number.isInteger(everyHours) || everyHours < 1 || everyHours > 24 * 31) {
    throw new AppError('invalid', 'hours from one backup to the next are whole ones from 1 to 744')
  }
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(at)) {
    throw new AppError('invalid', `"${at}" is no time of the day as 00:01`)
  }
  if (!Number.isInteger(keepDays) || keepDays < 1 || keepDays > MOST_DAYS) {
    throw new AppError('invalid', `backups are kept for whole days from 1 to ${MOST_DAYS}`)
  }
}

/** The first time after now that is so many times `everyMs` after `at`. */
function nextTime(at: string, everyMs: number, nowMs: number): number {
  const [hours, minutes] = at.split(':').map(Number)
  const ofDay = (hours * 60 + minutes) * 60_000
  const yesterday = Math.floor(nowMs / DAY_MS) * DAY_MS - DAY_MS + ofDay
  return following(yesterday - everyMs, everyMs, nowMs)
}
