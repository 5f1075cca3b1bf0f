const pattern =
  /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d)?)?)?$/i

/**
 * Milliseconds since 1970 UTC of an ISO 8601 date and time, or undefined for anything
 * else. No zone means UTC; digits beyond milliseconds are dropped.
 */
export function parseIsoDate(text: string): number | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = match
  const [, , , , , , , , sign, zoneHour = '0', zoneMinute = '0'] = match
  const numbers = [hour, minute, second, zoneHour, zoneMinute].map(Number)
  const limits = [23, 59, 59, 23, 59]
  if (numbers.some((value, i) => value > limits[i])) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  // A day that the month does not have moves into the next month.
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) {
    return undefined
  }
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1)
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3))
  const seconds = (Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second)
  return date.getTime() + seconds * 1000 + ms
}
