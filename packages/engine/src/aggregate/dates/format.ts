/** Dates as text by a format with `%` specifiers. */
import { CommandError } from '../../errors.js'
import {
  civilFromMs,
  DAY,
  dayOfWeek,
  dayOfYear,
  isoDayOfWeek,
  isoWeek,
  MINUTE,
  weekOfYear,
} from './calendar.js'
import { offsetText, type TimeZone, toLocal } from './time-zone.js'

export const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** Which letters may follow a percent sign when writing; reading knows fewer. */
const WRITABLE = 'bBdGHjLmMSuUVwYzZ%'

export function checkFormat(format: string, letters = WRITABLE): void {
  for (let i = 0; i < format.length; i++) {
    if (format[i] !== '%') continue
    const letter = format[++i]
    if (letter === undefined) {
      throw new CommandError(18535, `Unmatched '%' at end of format string`)
    }
    if (!letters.includes(letter)) {
      throw new CommandError(18536, `Invalid format character '%${letter}' in format string`)
    }
  }
}

export function formatDate(ms: number, format: string, zone: TimeZone): string {
  const local = toLocal(ms, zone)
  const offset = zone.offsetAt(ms)
  return format.replace(/%(.)/gs, (_, letter: string) => formatPart(letter, local, offset))
}

function formatPart(letter: string, local: number, offset: number): string {
  const civil = civilFromMs(local)
  const days = Math.floor(local / DAY)
  switch (letter) {
    case 'b':
      return MONTH_NAMES[civil.month - 1].slice(0, 3)
    case 'B':
      return MONTH_NAMES[civil.month - 1]
    case 'd':
      return pad(civil.day, 2)
    case 'G':
      return year(isoWeek(days).year)
    case 'H':
      return pad(civil.hour, 2)
    case 'j':
      return pad(dayOfYear(days), 3)
    case 'L':
      return pad(civil.millisecond, 3)
    case 'm':
      return pad(civil.month, 2)
    case 'M':
      return pad(civil.minute, 2)
    case 'S':
      return pad(civil.second, 2)
    case 'u':
      return String(isoDayOfWeek(days))
    case 'U':
      return pad(weekOfYear(days), 2)
    case 'V':
      return pad(isoWeek(days).week, 2)
    case 'w':
      return String(dayOfWeek(days))
    case 'Y':
      return year(civil.year)
    case 'z':
      return offsetText(offset)
    case 'Z':
      return String(Math.trunc(offset / MINUTE))
    default:
      return letter
  }
}

function year(value: number): string {
  if (value >= 0 && value <= 9999) return pad(value, 4)
  throw new CommandError(
    18537,
    `Could not convert date to string: date component was outside the supported range of 0-9999: ${value}`,
  )
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0')
}
