import { CommandError } from '../../errors.js'
import { HOUR, MINUTE } from './calendar.js'

/** Tells how far local time is ahead of UTC. */
export interface TimeZone {
  readonly utc: boolean
  /** Milliseconds to add to UTC at an instant. */
  offsetAt(utcMs: number): number
}

export const UTC: TimeZone = { utc: true, offsetAt: () => 0 }

const zones = new Map<string, TimeZone>([
  ['UTC', UTC],
  ['GMT', UTC],
])
const KEPT_ZONES = 1000

/** Finds a zone by an Olson name (`Europe/Paris`) or an offset (`+02`, `+0230`, `-02:30`). */
export function timeZone(name: string): TimeZone {
  let zone = zones.get(name)
  if (!zone) {
    zone = fixedOffset(name) ?? olsonZone(name)
    if (zones.size < KEPT_ZONES) zones.set(name, zone)
  }
  return zone
}

function fixedOffset(name: string): TimeZone | undefined {
  const match = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(name)
  if (!match) return undefined
  const magnitude = Number(match[2]) * HOUR + Number(match[3] ?? 0) * MINUTE
  const offset = match[1] === '-' ? -magnitude : magnitude
  return { utc: offset === 0, offsetAt: () => offset }
}

function olsonZone(name: string): TimeZone {
  // Intl takes names in any case, MongoDB as they are written only.
  if (!/^[A-Z]/.test(name) || /^[A-Z]{4,}\/[A-Z]/.test(name)) throw unknownZone(name)
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    throw unknownZone(name)
  }
  return { utc: false, offsetAt: cachedOffsets((ms) => offsetOf(format, ms)) }
}

function unknownZone(name: string): CommandError {
  return new CommandError(40485, `unrecognized time zone identifier: "${name}"`)
}

/** Zones change their offset on quarters of an hour only, so one look-up serves a quarter. */
function cachedOffsets(offsetAt: (ms: number) => number): (ms: number) => number {
  const QUARTER = 15 * MINUTE
  const cache = new Map<number, number>()
  return (ms) => {
    const quarter = Math.floor(ms / QUARTER)
    let offset = cache.get(quarter)
    if (offset === undefined) {
      offset = offsetAt(quarter * QUARTER)
      if (cache.size > 20_000) cache.clear()
      cache.set(quarter, offset)
    }
    return offset
  }
}

/** JavaScript's calendar ends 275 760 years from now; beyond it the offset of its end is as good as any. */
const MOST_MS = 8.64e15 - 24 * HOUR

function offsetOf(format: Intl.DateTimeFormat, ms: number): number {
  const instant = Math.max(-MOST_MS, Math.min(MOST_MS, ms))
  const parts: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(instant)) parts[type] = value
  const year = parts.era === 'BC' ? 1 - Number(parts.year) : Number(parts.year)
  const local = new Date(0)
  local.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day))
  local.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second))
  return local.getTime() - Math.floor(instant / 1000) * 1000
}

/** Local time as milliseconds, as if it were UTC. */
export function toLocal(utcMs: number, zone: TimeZone): number {
  return utcMs + zone.offsetAt(utcMs)
}

/** The instant of a local time. A time that the clock skips is taken with the offset before the change. */
export function fromLocal(localMs: number, zone: TimeZone): number {
  const before = zone.offsetAt(localMs - 24 * HOUR)
  const first = localMs - before
  if (zone.offsetAt(first) === before) return first
  const after = zone.offsetAt(localMs + 24 * HOUR)
  const second = localMs - after
  return zone.offsetAt(second) === after ? second : first
}

/** An offset as `+hhmm`. */
export function offsetText(offsetMs: number): string {
  const minutes = Math.trunc(Math.abs(offsetMs) / MINUTE)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}
