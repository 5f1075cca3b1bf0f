/** Arguments that the date operators share: dates, zones, units. */
import { DateTime, ObjectId, Timestamp, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import type { Context, Expression } from '../scope.js'
import { isNullish, typeName } from '../values.js'
import { type TimeZone, timeZone, UTC } from './time-zone.js'

/** Milliseconds since 1970 of a date, timestamp or ObjectId; undefined of another type. */
export function dateMs(value: Value): number | undefined {
  if (value instanceof DateTime) return Number(value.ms)
  if (value instanceof Timestamp) return value.t * 1000
  if (value instanceof ObjectId) return Buffer.from(value.id).readInt32BE(0) * 1000
  return undefined
}

/** The same, with MongoDB's error for what is no date. */
export function requireDate(value: Value): number {
  const ms = dateMs(value)
  if (ms === undefined) {
    throw new CommandError(16006, `can't convert from BSON type ${typeName(value)} to Date`)
  }
  return ms
}

/** The zone that an expression names, UTC without one; null when it is null or missing. */
export function evaluateZone(
  expression: Expression | undefined,
  context: Context,
): TimeZone | null {
  if (!expression) return UTC
  const name = expression.evaluate(context)
  if (isNullish(name)) return null
  if (typeof name !== 'string') {
    throw new CommandError(40517, `timezone must evaluate to a string, found ${typeName(name)}`)
  }
  return timeZone(name)
}

export const UNITS = [
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
] as const

export type Unit = (typeof UNITS)[number]

/** Checks a unit of time. */
export function parseUnit(name: string, value: Value): Unit {
  if (typeof value !== 'string') {
    throw new CommandError(
      5439013,
      `${name} requires 'unit' to be a string, but got ${typeName(value)}`,
    )
  }
  if ((UNITS as readonly string[]).includes(value)) return value as Unit
  throw new CommandError('FailedToParse', `unknown time unit value: ${value}`)
}

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

/** The day that weeks begin with: 1 for Monday to 7 for Sunday. */
export function parseStartOfWeek(name: string, value: Value): number {
  if (typeof value !== 'string') {
    throw new CommandError(
      5439015,
      `${name} requires 'startOfWeek' to be a string, but got ${typeName(value)}`,
    )
  }
  const text = value.toLowerCase()
  const day = DAYS.findIndex((full) => full === text || full.slice(0, 3) === text)
  if (day !== -1) return day + 1
  throw new CommandError(
    5439016,
    `${name} parameter 'startOfWeek' value cannot be recognized as a day of a week: ${value}`,
  )
}
