const ISO_8601 =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i

const LAST_MINUTE = 59

/**
 * Reads a date of ISO 8601: a day, or with a time to minutes, seconds or fractions; UTC
 * unless it says otherwise. Undefined when it is none, also by the calendar.
 */
export function readDate(text: string): Date | undefined {
  const parts = ISO_8601.exec(text)
  if (!parts) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone] = parts
  const [h, m, s] = [hour, minute, second].map(Number)
  const offset = offsetMinutes(zone)
  if (h > 23 || m > LAST_MINUTE || s > LAST_MINUTE || offset === undefined) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day))
    return undefined
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  return new Date(date.getTime() + ((h * 60 + m - offset) * 60 + s) * 1000 + ms)
}

/** In a query string the plus of an offset arrives as a blank. */
export function readQueryDate(text: string): Date | undefined {
  return readDate(text.replace(/ (?=\d\d:?(\d\d)?$)/, '+'))
}

function offsetMinutes(zone = 'Z'): number | undefined {
  if (zone.toUpperCase() === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', '') || 0)
  if (hours > 23 || minutes > LAST_MINUTE) return undefined
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes)
}
