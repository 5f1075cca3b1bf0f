/** Dates from text: by a format, or in the forms that people and programs commonly write. */
import { CommandError } from '../../errors.js'
import {
  DAY,
  daysFromCivil,
  daysFromIsoWeek,
  daysInMonth,
  HOUR,
  MINUTE,
  msFromCivil,
  SECOND,
} from './calendar.js'
import { MONTH_NAMES } from './format.js'
import { fromLocal, type TimeZone, timeZone, UTC } from './time-zone.js'

interface Found {
  year?: number
  month?: number
  day?: number
  dayOfYear?: number
  isoYear?: number
  isoWeek?: number
  isoDay?: number
  hour?: number
  minute?: number
  second?: number
  millisecond?: number
  zone?: TimeZone
}

function failure(text: string, reason: string): CommandError {
  return new CommandError('ConversionFailure', `Error parsing date string '${text}'; ${reason}`)
}

const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)'
const ZONE = '(?<zone>z|utc|gmt|[+-]\\d{2}:?\\d{2}|[+-]\\d{1,2}|[a-z]{3,4}|[a-z]+/[a-z_/]+)'
const TIME = `(?<hour>\\d{1,2})(?::(?<minute>\\d{2})(?::(?<second>\\d{2})(?:[.,:](?<fraction>\\d{1,9}))?)?)?(?:\\s*(?<half>[ap])\\.?m\\.?)?`

const DATES = [
  '(?<year>\\d{4})-(?<month>\\d{1,2})-(?<day>\\d{1,2})',
  '(?<year>\\d{4})/(?<month>\\d{1,2})/(?<day>\\d{1,2})',
  '(?<year>\\d{4})(?<month>\\d{2})(?<day>\\d{2})',
  '(?<month>\\d{1,2})/(?<day>\\d{1,2})/(?<year>\\d{4})',
  '(?<day>\\d{1,2})[-.](?<month>\\d{1,2})[-.](?<year>\\d{4})',
  `(?:[a-z]{3,9},?\\s+)?(?<monthName>${MONTH})\\.?\\s+(?<day>\\d{1,2})(?:st|nd|rd|th)?,?\\s+(?<year>\\d{4})`,
  `(?:[a-z]{3,9},?\\s+)?(?<day>\\d{1,2})(?:st|nd|rd|th)?[\\s-]+(?<monthName>${MONTH})\\.?[\\s,-]+(?<year>\\d{4})`,
  '(?<year>\\d{4})-?w(?<week>\\d{2})(?:-?(?<weekDay>[1-7]))?',
  '(?<year>\\d{4})[-.]?(?<dayOfYear>\\d{3})',
  '(?<year>\\d{4})-(?<month>\\d{1,2})',
]

const FORMS = DATES.map(
  (date) => new RegExp(`^\\s*${date}(?:(?:\\s*t\\s*|,?\\s+)${TIME}\\s*${ZONE}?)?\\s*$`, 'i'),
)
const COMPACT =
  /^\s*(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})t?(?<hour>\d{2})(?<minute>\d{2})(?<second>\d{2})\s*(?<zone>z|[+-]\d{2}:?\d{2})?\s*$/i

const CTIME = new RegExp(
  `^\\s*[a-z]{3,9},?\\s+(?<monthName>${MONTH})\\s+(?<day>\\d{1,2})\\s+${TIME}\\s+(?:${ZONE}\\s+)?(?<year>\\d{4})\\s*$`,
  'i',
)

/** Milliseconds since 1970 of a date in one of the common forms; local to the zone unless the text names one. */
export function parseDate(text: string, zone?: TimeZone): number {
  const trimmed = trimNulls(text)
  for (const form of [...FORMS, COMPACT, CTIME]) {
    const match = form.exec(trimmed)
    if (match?.groups) return fromGroups(text, match.groups, zone)
  }
  const epoch = /^@(-?\d{1,12})$/.exec(text.trim())
  if (epoch) return Number(epoch[1]) * SECOND
  if (text.trim() === '') throw failure(text, `0: Empty string ''`)
  throw failure(text, `0: Unexpected character '${text[0]}'`)
}

/** Zero bytes around the text do not count. */
function trimNulls(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && text.charCodeAt(from) <= 32) from++
  while (to > from && text.charCodeAt(to - 1) <= 32) to--
  return text.slice(from, to)
}

function fromGroups(
  text: string,
  groups: Record<string, string | undefined>,
  zone?: TimeZone,
): number {
  const number = (name: string) => (groups[name] === undefined ? undefined : Number(groups[name]))
  const found: Found = {
    month: groups.monthName ? monthOf(groups.monthName) : number('month'),
    day: number('day'),
    dayOfYear: number('dayOfYear'),
    hour: hourOf(number('hour'), groups.half),
    minute: number('minute'),
    second: number('second'),
    millisecond: groups.fraction ? Math.floor(Number(`0.${groups.fraction}`) * 1000 + 1e-6) : 0,
    zone: groups.zone ? namedZone(text, groups.zone) : undefined,
  }
  if (groups.week) {
    found.isoYear = number('year')
    found.isoWeek = number('week')
    found.isoDay = number('weekDay') ?? 1
  } else found.year = number('year')
  return resolve(text, found, zone)
}

function hourOf(hour: number | undefined, half: string | undefined): number | undefined {
  if (hour === undefined || !half) return hour
  return (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
}

function monthOf(name: string): number {
  const start = name.slice(0, 3).toLowerCase()
  return MONTH_NAMES.findIndex((full) => full.slice(0, 3).toLowerCase() === start) + 1
}

const ABBREVIATIONS: Record<string, number> = {
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  CET: 1,
  CEST: 2,
  BST: 1,
  EET: 2,
  EEST: 3,
  JST: 9,
}

function namedZone(text: string, name: string): TimeZone {
  const upper = name.toUpperCase()
  if (upper === 'Z') return UTC
  const hours = ABBREVIATIONS[upper]
  if (hours !== undefined) return { utc: false, offsetAt: () => hours * HOUR }
  const short = /^([+-])(\d)$/.exec(name)
  try {
    return timeZone(
      short ? `${short[1]}0${short[2]}` : upper === 'UTC' || upper === 'GMT' ? upper : name,
    )
  } catch {
    throw failure(text, `0: The timezone could not be found in the database '${name}'`)
  }
}

function resolve(text: string, found: Found, zone?: TimeZone): number {
  if (found.zone && zone) {
    throw new CommandError(
      'ConversionFailure',
      `you cannot pass in a date/time string with time zone information ('${text}') together with a timezone argument`,
    )
  }
  checkRanges(text, found)
  const time =
    (found.hour ?? 0) * HOUR +
    (found.minute ?? 0) * MINUTE +
    (found.second ?? 0) * SECOND +
    (found.millisecond ?? 0)
  return fromLocal(resolveDays(text, found) * DAY + time, found.zone ?? zone ?? UTC)
}

function resolveDays(text: string, found: Found): number {
  if (found.isoYear !== undefined) {
    return daysFromIsoWeek(found.isoYear, found.isoWeek ?? 1, found.isoDay ?? 1)
  }
  const { year } = found
  if (year === undefined) throw incomplete(text)
  if (found.dayOfYear !== undefined) return daysFromCivil(year, 1, found.dayOfYear)
  return (
    msFromCivil({
      year,
      month: found.month ?? 1,
      day: found.day ?? 1,
      hour: 0,
      minute: 0,
      second: 0,
      millisecond: 0,
    }) / DAY
  )
}

function incomplete(text: string): CommandError {
  return new CommandError(
    'ConversionFailure',
    `an incomplete date/time string has been found, with elements missing: "${text}"`,
  )
}

function checkRanges(text: string, found: Found): void {
  const within = (value: number | undefined, least: number, most: number) => {
    if (value !== undefined && (value < least || value > most)) {
      throw failure(text, '0: Unexpected character')
    }
  }
  within(found.month, 1, 12)
  const days = found.year !== undefined && found.month ? daysInMonth(found.year, found.month) : 31
  if (found.day !== undefined && found.day > days && found.day <= 31) {
    throw failure(text, '0: The parsed date was invalid')
  }
  within(found.day, 1, 31)
  within(found.dayOfYear, 1, 366)
  within(found.isoWeek, 1, 53)
  within(found.hour, 0, 24)
  within(found.minute, 0, 59)
  within(found.second, 0, 59)
}

/** Which letters may follow a percent sign when reading. */
export const READABLE = 'bBdGHjLmMSuVYzZ%'

/** What a specifier matches, and where it puts the number. */
const SPECIFIERS: Record<string, [pattern: string, field?: keyof Found]> = {
  d: ['(\\d{2})', 'day'],
  G: ['(\\d{4})', 'isoYear'],
  H: ['(\\d{2})', 'hour'],
  j: ['(\\d{3})', 'dayOfYear'],
  L: ['(\\d{1,3})', 'millisecond'],
  m: ['(\\d{2})', 'month'],
  M: ['(\\d{2})', 'minute'],
  S: ['(\\d{2})', 'second'],
  u: ['([1-7])', 'isoDay'],
  V: ['(\\d{1,2})', 'isoWeek'],
  Y: ['(\\d{4})', 'year'],
  b: [`(${MONTH})`],
  B: [`(${MONTH})`],
  z: ['(z|[+-]\\d{2}:?\\d{2}|[+-]\\d{2})'],
  Z: ['([+-]\\d{1,4})'],
}

/** Milliseconds since 1970 of a text in a format. */
export function parseDateByFormat(text: string, format: string, zone?: TimeZone): number {
  const letters: string[] = []
  const source = format.replace(/%(.)|[\s\S]/gs, (all, letter?: string) => {
    if (letter === undefined) return literally(all)
    if (letter === '%') return '%'
    letters.push(letter)
    return SPECIFIERS[letter][0]
  })
  const match = new RegExp(`^${source}$`, 'i').exec(text)
  if (!match) throw failure(text, `0: Format literal not found`)
  const found: Found = {}
  letters.forEach((letter, i) => {
    setPart(text, found, letter, match[i + 1])
  })
  if (found.isoYear !== undefined && (found.month !== undefined || found.day !== undefined)) {
    throw failure(text, '0: Mixing of ISO dates with natural dates is not allowed')
  }
  if (found.isoYear === undefined && (found.year === undefined || !hasDay(found)))
    throw incomplete(text)
  return resolve(text, found, zone)
}

function hasDay(found: Found): boolean {
  return found.dayOfYear !== undefined || (found.month !== undefined && found.day !== undefined)
}

function setPart(text: string, found: Found, letter: string, value: string): void {
  const field = SPECIFIERS[letter][1]
  if (field && field !== 'zone') {
    // The fraction of a second fills up to milliseconds.
    if (letter === 'L') found[field] = Number(value.padEnd(3, '0'))
    // MongoDB counts the days of the year from zero when it reads them.
    else found[field] = Number(value) + (letter === 'j' ? 1 : 0)
  } else if (letter === 'z') {
    found.zone = namedZone(text, value)
  } else if (letter === 'Z') {
    const minutes = Number(value)
    found.zone = { utc: minutes === 0, offsetAt: () => minutes * MINUTE }
  } else found.month = monthOf(value)
}

function literally(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character
}
