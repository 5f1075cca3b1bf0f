import type { Backup } from '../backups/backup.js'

/** How long snapshots that were taken on a schedule are kept; 0 switches a rule off. */
export interface Retention {
  readonly snapshotDays: number
  /** Of the first one of each day. */
  readonly dailyDays: number
  /** Of the first one of each week, which begins on Monday. */
  readonly weeklyWeeks: number
  /** Of the first one of each month. */
  readonly monthlyMonths: number
}

const DAY_MS = 86_400_000
const MONTH_DAYS = 31

/** When each of the snapshots may go, by id: as late as the most generous rule says. */
export function expiriesOf(
  snapshots: readonly Pick<Backup, 'id' | 'createdMs'>[],
  { snapshotDays, dailyDays, weeklyWeeks, monthlyMonths }: Retention,
): ReadonlyMap<string, number> {
  const rules = [
    { periodOf: dayOf, days: dailyDays },
    { periodOf: weekOf, days: weeklyWeeks * 7 },
    { periodOf: monthOf, days: monthlyMonths * MONTH_DAYS },
  ]
  const seen = new Set<string>()
  const oldestFirst = snapshots.toSorted((a, b) => a.createdMs - b.createdMs)
  return new Map(
    oldestFirst.map(({ id, createdMs }) => {
      const days = rules.map(({ periodOf, days }, i) => {
        const period = `${i} ${periodOf(createdMs)}`
        const isFirst = !seen.has(period)
        seen.add(period)
        return isFirst ? days : 0
      })
      return [id, createdMs + Math.max(snapshotDays, ...days) * DAY_MS]
    }),
  )
}

function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS)
}

/** The first day of the era was a Thursday. */
function weekOf(ms: number): number {
  return Math.floor((dayOf(ms) + 3) / 7)
}

function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7)
}
