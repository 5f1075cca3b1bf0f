import type { SnapshotSchedule } from '../../control/cluster-backups/cluster-backups.js'
import { refusal } from '../../control/refusal.js'
import type { Cluster } from '../../control/topology/host.js'

/** A schedule as clients send it, any part of it. */
export interface ScheduleBody {
  readonly snapshotIntervalHours?: number
  readonly snapshotRetentionDays?: number
  readonly dailySnapshotRetentionDays?: number
  readonly weeklySnapshotRetentionWeeks?: number
  readonly monthlySnapshotRetentionMonths?: number
  readonly pointInTimeWindowHours?: number
  readonly clusterCheckpointIntervalMin?: number
  readonly referenceHourOfDay?: number
  readonly referenceMinuteOfHour?: number
  readonly referenceTimeZoneOffset?: string
}

const INTERVALS = [6, 8, 12, 24]
const DAY_MINUTES = 24 * 60

/** What is to be changed. Where there can be no nothing, clients mean by 0 that they do not say. */
export function readSchedule(body: ScheduleBody, cluster: Cluster): Partial<SnapshotSchedule> {
  const interval = body.snapshotIntervalHours || undefined
  if (interval !== undefined && !INTERVALS.includes(interval)) {
    throw refusal('INVALID_SNAPSHOT_INTERVAL', String(interval))
  }
  const days = body.snapshotRetentionDays || undefined
  if (body.clusterCheckpointIntervalMin && cluster.kind !== 'SHARDED_REPLICA_SET') {
    throw refusal('CANNOT_SET_CLUSTER_CHECKPOINT_INTERVAL_FOR_REPLICA_SET', cluster.id)
  }
  if (body.pointInTimeWindowHours || body.clusterCheckpointIntervalMin) {
    throw refusal('UNSUPPORTED_FOR_CURRENT_CONFIG')
  }
  return defined({
    intervalHours: interval,
    snapshotDays: within(days, 2, 5, 'INVALID_SNAPSHOT_RETENTION_PERIOD'),
    dailyDays: within(
      body.dailySnapshotRetentionDays,
      0,
      365,
      'INVALID_DAILY_SNAPSHOT_RETENTION_PERIOD',
    ),
    weeklyWeeks: within(
      body.weeklySnapshotRetentionWeeks,
      0,
      52,
      'INVALID_WEEKLY_SNAPSHOT_RETENTION_PERIOD',
    ),
    monthlyMonths: within(
      body.monthlySnapshotRetentionMonths,
      0,
      36,
      'INVALID_MONTHLY_SNAPSHOT_RETENTION_PERIOD',
    ),
    ...readTime(body),
  })
}

function readTime(body: ScheduleBody): Partial<Pick<SnapshotSchedule, 'hour' | 'minute'>> {
  const hour = within(body.referenceHourOfDay, 0, 23, 'INVALID_REFERENCE_HOUR_OF_DAY')
  const minute = within(body.referenceMinuteOfHour, 0, 59, 'INVALID_REFERENCE_MINUTE_OF_HOUR')
  const offset = offsetMinutes(body.referenceTimeZoneOffset)
  if (hour === undefined || offset === 0) return { hour, minute }
  const at = hour * 60 + (minute ?? 0) - offset
  const utc = ((at % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES
  return { hour: Math.floor(utc / 60), minute: utc % 60 }
}

function offsetMinutes(text: string | undefined): number {
  if (text === undefined) return 0
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(text) ?? []
  if (sign === undefined || Number(hours) > 23 || Number(minutes) > 59) {
    throw refusal('INVALID_REFERENCE_TIMEZONE_OFFSET', text)
  }
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

function within(
  value: number | undefined,
  least: number,
  most: number,
  code: string,
): number | undefined {
  if (value === undefined || (value >= least && value <= most)) return value
  throw refusal(code, String(value))
}

function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
