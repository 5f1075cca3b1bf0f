/** The Gregorian calendar over all the years that an int64 of milliseconds spans; no time zones here. */

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A date and time of day without a zone. Months count from 1. */
export interface Civil {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  millisecond: number
}

/** Days since 1970 of a date; months and days beyond their range count on. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = year + Math.floor((month - 1) / 12)
  const m = modulo(month - 1, 12)
  // Years start in March here, so that the leap day comes last.
  const shifted = m < 2 ? y - 1 : y
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * ((m + 10) % 12) + 2) / 5)
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146097 + dayOfEra - 719468 + day - 1
}

/** Year, month and day of the days since 1970. */
export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719468
  const era = Math.floor(shifted / 146097)
  const dayOfEra = shifted - era * 146097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36524) -
      Math.floor(dayOfEra / 146096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return { year, month, day }
}

export function civilFromMs(ms: number): Civil {
  const days = Math.floor(ms / DAY)
  const rest = ms - days * DAY
  return {
    ...civilFromDays(days),
    hour: Math.floor(rest / HOUR),
    minute: Math.floor(rest / MINUTE) % 60,
    second: Math.floor(rest / SECOND) % 60,
    millisecond: rest % SECOND,
  }
}

export function msFromCivil(civil: Civil): number {
  return (
    daysFromCivil(civil.year, civil.month, civil.day) * DAY +
    civil.hour * HOUR +
    civil.minute * MINUTE +
    civil.second * SECOND +
    civil.millisecond
  )
}

export function daysInMonth(year: number, month: number): number {
  return daysFromCivil(year, month + 1, 1) - daysFromCivil(year, month, 1)
}

/** 1 for Sunday to 7 for Saturday. */
export function dayOfWeek(days: number): number {
  return modulo(days + 4, 7) + 1
}

/** 1 for Monday to 7 for Sunday. */
export function isoDayOfWeek(days: number): number {
  return modulo(days + 3, 7) + 1
}

export function dayOfYear(days: number): number {
  return days - daysFromCivil(civilFromDays(days).year, 1, 1) + 1
}

/** Weeks begin on Sunday; the days before the first one are week 0. */
export function weekOfYear(days: number): number {
  return Math.floor((dayOfYear(days) + 7 - dayOfWeek(days)) / 7)
}

/** Year and week of ISO 8601: week 1 has the year's first Thursday. */
export function isoWeek(days: number): { year: number; week: number } {
  const thursday = days - isoDayOfWeek(days) + 4
  const { year } = civilFromDays(thursday)
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 }
}

/** Days since 1970 of a date by ISO year, week and day of the week. */
export function daysFromIsoWeek(year: number, week: number, day: number): number {
  const fourth = daysFromCivil(year, 1, 4)
  return fourth - isoDayOfWeek(fourth) + 1 + (week - 1) * 7 + day - 1
}

export function modulo(value: number, divisor: number): number {
  return value - Math.floor(value / divisor) * divisor
}
