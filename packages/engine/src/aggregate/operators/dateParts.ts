/** Parts of a date: `$year`, `$month`, `$dayOfMonth`, … and `$dateToParts`. */
import type { RawValue, Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { evaluateZone, requireDate } from '../dates/arguments.js'
import {
  civilFromMs,
  DAY,
  dayOfWeek,
  dayOfYear,
  isoDayOfWeek,
  isoWeek,
  weekOfYear,
} from '../dates/calendar.js'
import { toLocal } from '../dates/time-zone.js'
import { elementsOf, fieldsOf, isArray, isDocument } from '../raw-fields.js'
import { type Expression, fold, type Scope } from '../scope.js'
import { isNullish, typeName } from '../values.js'
import { namedArguments, type OperatorParser, parseOptional } from './arguments.js'

/** `{ $year: date }` or `{ $year: { date, timezone } }`, from local milliseconds. */
function datePart(apply: (localMs: number) => Value): OperatorParser {
  return (argument, scope, name) => {
    const { date, timezone } = parseArguments(argument, scope, name)
    return fold(
      (context) => {
        const value = date.evaluate(context)
        if (isNullish(value)) return null
        const zone = evaluateZone(timezone, context)
        if (!zone) return null
        return apply(toLocal(requireDate(value), zone))
      },
      timezone ? [date, timezone] : [date],
    )
  }
}

function parseArguments(argument: RawValue, scope: Scope, name: string) {
  if (isArray(argument)) {
    const elements = elementsOf(argument)
    if (elements.length !== 1) {
      throw new CommandError(
        40536,
        `${name} accepts exactly one argument if given an array, but was given ${elements.length}`,
      )
    }
    return { date: scope.parse(elements[0], scope), timezone: undefined }
  }
  if (!isDocument(argument) || fieldsOf(argument)[0]?.[0].startsWith('$')) {
    return { date: scope.parse(argument, scope), timezone: undefined }
  }
  const found = namedArguments(argument, name, ['date', 'timezone'], {
    notDocument: 40535,
    unknown: 40535,
    missing: { date: 40539 },
    messages: {
      unknown: (field) => `unrecognized option to ${name}: "${field}"`,
      missing: () => `missing 'date' argument to ${name}, provided: object`,
    },
  })
  return {
    date: scope.parse(found.date as RawValue, scope),
    timezone: parseOptional(found.timezone, scope),
  }
}

const days = (ms: number) => Math.floor(ms / DAY)

export const year = datePart((ms) => civilFromMs(ms).year)
export const month = datePart((ms) => civilFromMs(ms).month)
export const dayOfMonth = datePart((ms) => civilFromMs(ms).day)
export const hour = datePart((ms) => civilFromMs(ms).hour)
export const minute = datePart((ms) => civilFromMs(ms).minute)
export const second = datePart((ms) => civilFromMs(ms).second)
export const millisecond = datePart((ms) => civilFromMs(ms).millisecond)
export const dayOfWeekOperator = datePart((ms) => dayOfWeek(days(ms)))
export const dayOfYearOperator = datePart((ms) => dayOfYear(days(ms)))
export const week = datePart((ms) => weekOfYear(days(ms)))
export const isoDayOfWeekOperator = datePart((ms) => isoDayOfWeek(days(ms)))
export const isoWeekOperator = datePart((ms) => isoWeek(days(ms)).week)
export const isoWeekYear = datePart((ms) => BigInt(isoWeek(days(ms)).year))

/** All parts of a date as a document, by month or by ISO week. */
export const dateToParts: OperatorParser = (argument, scope) => {
  const found = namedArguments(argument, '$dateToParts', ['date', 'timezone', 'iso8601'], {
    notDocument: 40524,
    unknown: 40520,
    missing: { date: 40522 },
    messages: {
      unknown: (field) => `Unrecognized argument to $dateToParts: ${field}`,
      missing: () => `Missing 'date' parameter to $dateToParts`,
    },
  })
  const date = scope.parse(found.date as RawValue, scope)
  const timezone = parseOptional(found.timezone, scope)
  const iso = parseOptional(found.iso8601, scope)
  const parts = [date, timezone, iso].filter((part): part is Expression => part !== undefined)
  return fold((context) => {
    const value = date.evaluate(context)
    if (isNullish(value)) return null
    const zone = evaluateZone(timezone, context)
    if (!zone) return null
    const byWeek = iso ? iso.evaluate(context) : false
    if (isNullish(byWeek)) return null
    if (typeof byWeek !== 'boolean') {
      throw new CommandError(40521, `iso8601 must evaluate to a bool, found ${typeName(byWeek)}`)
    }
    const local = toLocal(requireDate(value), zone)
    return new Map<string, Value>(byWeek ? isoParts(local) : calendarParts(local))
  }, parts)
}

function calendarParts(local: number): [string, Value][] {
  return Object.entries(civilFromMs(local))
}

function isoParts(local: number): [string, Value][] {
  const { year, week } = isoWeek(days(local))
  const { hour, minute, second, millisecond } = civilFromMs(local)
  return [
    ['isoWeekYear', year],
    ['isoWeek', week],
    ['isoDayOfWeek', isoDayOfWeek(days(local))],
    ['hour', hour],
    ['minute', minute],
    ['second', second],
    ['millisecond', millisecond],
  ]
}
