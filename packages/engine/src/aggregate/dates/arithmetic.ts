import type { Unit } from './arguments.js'
import {
  civilFromMs,
  DAY,
  daysFromCivil,
  daysInMonth,
  HOUR,
  isoDayOfWeek,
  MINUTE,
  modulo,
  msFromCivil,
  SECOND,
} from './calendar.js'
import { fromLocal, type TimeZone, toLocal } from './time-zone.js'

const FIXED: Partial<Record<Unit, number>> = {
  hour: HOUR,
  minute: MINUTE,
  second: SECOND,
  millisecond: 1,
}

const MONTHS: Partial<Record<Unit, number>> = { year: 12, quarter: 3, month: 1 }

/** A date moved by units. Days and longer keep the local time of day; a month that is too short gives its last day. */
export function addUnits(ms: number, unit: Unit, amount: number, zone: TimeZone): number {
  const fixed = FIXED[unit]
  if (fixed) return ms + amount * fixed
  const local = toLocal(ms, zone)
  const months = MONTHS[unit]
  const moved = months
    ? addMonths(local, amount * months)
    : local + amount * (unit === 'week' ? 7 * DAY : DAY)
  return fromLocal(moved, zone)
}

function addMonths(local: number, amount: number): number {
  const civil = civilFromMs(local)
  const month = civil.month - 1 + amount
  const year = civil.year + Math.floor(month / 12)
  const wanted = modulo(month, 12) + 1
  const day = Math.min(civil.day, daysInMonth(year, wanted))
  return msFromCivil({ ...civil, year, month: wanted, day })
}

/** How many borders of a unit lie between two dates. */
export function differenceInUnits(
  start: number,
  end: number,
  unit: Unit,
  zone: TimeZone,
  startOfWeek: number,
): number {
  if (unit === 'millisecond') return end - start
  if (unit === 'second' || unit === 'minute') {
    const size = FIXED[unit] as number
    return Math.floor(end / size) - Math.floor(start / size)
  }
  if (unit === 'hour') {
    const hours = (ms: number) => Math.floor((ms + modulo(zone.offsetAt(ms), HOUR)) / HOUR)
    return hours(end) - hours(start)
  }
  const from = toLocal(start, zone)
  const to = toLocal(end, zone)
  if (unit === 'day') return Math.floor(to / DAY) - Math.floor(from / DAY)
  if (unit === 'week') return weekNumber(to, startOfWeek) - weekNumber(from, startOfWeek)
  const size = MONTHS[unit] as number
  return Math.floor(monthNumber(to) / size) - Math.floor(monthNumber(from) / size)
}

function weekNumber(local: number, startOfWeek: number): number {
  const days = Math.floor(local / DAY)
  return Math.floor((days - modulo(isoDayOfWeek(days) - startOfWeek, 7) + 3) / 7)
}

function monthNumber(local: number): number {
  const { year, month } = civilFromMs(local)
  return year * 12 + month - 1
}

/** Bins are counted from the start of 2000. */
const REFERENCE_DAY = daysFromCivil(2000, 1, 1)

/** The start of the bin of so many units that a date lies in. */
export function truncateToUnit(
  ms: number,
  unit: Unit,
  binSize: number,
  zone: TimeZone,
  startOfWeek: number,
): number {
  const fixed = FIXED[unit]
  if (fixed) return truncateTime(ms, fixed * binSize, zone)
  const local = toLocal(ms, zone)
  const months = MONTHS[unit]
  if (months) {
    const size = months * binSize
    const month = Math.floor((monthNumber(local) - 24_000) / size) * size + 24_000
    return fromLocal(daysFromCivil(Math.floor(month / 12), modulo(month, 12) + 1, 1) * DAY, zone)
  }
  const size = unit === 'week' ? 7 * binSize : binSize
  const reference = unit === 'week' ? firstWeekDay(startOfWeek) : REFERENCE_DAY
  const days = Math.floor(local / DAY)
  return fromLocal((Math.floor((days - reference) / size) * size + reference) * DAY, zone)
}

function truncateTime(ms: number, size: number, zone: TimeZone): number {
  const reference = fromLocal(REFERENCE_DAY * DAY, zone)
  return ms - modulo(ms - reference, size)
}

/** The first such day of the week from the reference on. */
function firstWeekDay(startOfWeek: number): number {
  return REFERENCE_DAY + modulo(startOfWeek - isoDayOfWeek(REFERENCE_DAY), 7)
}
