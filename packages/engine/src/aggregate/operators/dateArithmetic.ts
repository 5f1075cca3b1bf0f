/** `$dateAdd`, `$dateSubtract`, `$dateDiff`, `$dateTrunc`. */
import { DateTime, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { dateMs, evaluateZone, parseStartOfWeek, parseUnit, type Unit } from '../dates/arguments.js'
import { addUnits, differenceInUnits, truncateToUnit } from '../dates/arithmetic.js'
import type { UTC } from '../dates/time-zone.js'
import { exactInteger, INT64_MIN, isInt64 } from '../numeric.js'
import { type Expression, fold } from '../scope.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { namedArguments, type OperatorParser, parseOptional } from './arguments.js'

function moving(direction: 1 | -1): OperatorParser {
  return (argument, scope, name) => {
    const found = namedArguments(argument, name, ['startDate', 'unit', 'amount', 'timezone'], {
      notDocument: 5166400,
      unknown: 5166401,
      missing: { startDate: 5166402, unit: 5166402, amount: 5166402 },
      messages: {
        notDocument: `${name} expects an object as its argument`,
        unknown: (field) =>
          `Unrecognized argument to ${name}: ${field}. Expected arguments are startDate, unit, amount, and optionally timezone.`,
        missing: () => `${name} requires startDate, unit, and amount to be present`,
      },
    })
    const [start, unit, amount] = ['startDate', 'unit', 'amount'].map((key) =>
      scope.parse(found[key as 'unit'] as RawValue, scope),
    )
    const timezone = parseOptional(found.timezone, scope)
    return fold(
      (context) => {
        const date = start.evaluate(context)
        const unitName = unit.evaluate(context)
        const count = amount.evaluate(context)
        const zone = evaluateZone(timezone, context)
        if (isNullish(date) || isNullish(unitName) || isNullish(count) || !zone) return null
        const parsed = parseUnit(name, unitName)
        const ms = dateMs(date)
        if (ms === undefined)
          throw new CommandError(5166403, `${name} requires startDate to be convertible to a date`)
        return move(name, ms, parsed, count, direction, zone)
      },
      present(start, unit, amount, timezone),
    )
  }
}

function move(
  name: string,
  ms: number,
  unit: Unit,
  amount: Value,
  direction: 1 | -1,
  zone: typeof UTC,
): Value {
  const count = isNumeric(amount) ? exactInteger(amount) : undefined
  if (count === undefined || !isInt64(count))
    throw new CommandError(5166405, `${name} expects integer amount of time units`)
  if (direction === -1 && count === INT64_MIN)
    throw new CommandError(
      6045000,
      `invalid $dateSubtract 'amount' parameter value: ${count} ${unit}`,
    )
  if (Math.abs(Number(count)) > mostUnits(unit))
    throw new CommandError(5976500, `invalid ${name} 'amount' parameter value: ${count} ${unit}`)
  const result = addUnits(ms, unit, direction * Number(count), zone)
  if (!(Math.abs(result) < 2 ** 63)) throw new CommandError(5166406, `${name} overflowed`)
  return DateTime.fromMs(result)
}

/** Beyond these no date could be reached. */
function mostUnits(unit: Unit): number {
  const ms = 2 ** 63
  const sizes: Record<Unit, number> = {
    year: 365 * 864e5,
    quarter: 90 * 864e5,
    month: 30 * 864e5,
    week: 7 * 864e5,
    day: 864e5,
    hour: 36e5,
    minute: 6e4,
    second: 1e3,
    millisecond: 1,
  }
  return ms / sizes[unit]
}

function present(...parts: (Expression | undefined)[]): Expression[] {
  return parts.filter((part): part is Expression => part !== undefined)
}

export const dateAdd = moving(1)
export const dateSubtract = moving(-1)

/** How many borders of a unit lie between two dates, as int64. */
export const dateDiff: OperatorParser = (argument, scope, name) => {
  const found = namedArguments(
    argument,
    name,
    ['startDate', 'endDate', 'unit', 'timezone', 'startOfWeek'],
    {
      notDocument: 5166301,
      unknown: 5166302,
      missing: { startDate: 5166303, endDate: 5166304, unit: 5166305 },
      messages: { unknown: (field) => `Unrecognized argument to $dateDiff: ${field}` },
    },
  )
  const start = scope.parse(found.startDate as RawValue, scope)
  const end = scope.parse(found.endDate as RawValue, scope)
  const unit = scope.parse(found.unit as RawValue, scope)
  const timezone = parseOptional(found.timezone, scope)
  const startOfWeek = parseOptional(found.startOfWeek, scope)
  return fold(
    (context) => {
      const from = start.evaluate(context)
      const to = end.evaluate(context)
      const unitName = unit.evaluate(context)
      const zone = evaluateZone(timezone, context)
      const weekDay = startOfWeek?.evaluate(context)
      if (isNullish(from) || isNullish(to) || isNullish(unitName) || !zone) return null
      const parsed = parseUnit(name, unitName)
      if (parsed === 'week' && startOfWeek && isNullish(weekDay)) return null
      const first = requireDate(name, 'startDate', from)
      const last = requireDate(name, 'endDate', to)
      const firstDay =
        parsed === 'week' && !isNullish(weekDay) ? parseStartOfWeek(name, weekDay) : 7
      return BigInt(differenceInUnits(first, last, parsed, zone, firstDay))
    },
    present(start, end, unit, timezone, startOfWeek),
  )
}

function requireDate(name: string, argument: string, value: Value): number {
  const ms = dateMs(value)
  if (ms === undefined) {
    throw new CommandError(
      5166307,
      `${name} requires '${argument}' to be a date, but got ${typeName(value)}`,
    )
  }
  return ms
}

/** The start of the unit, or of the bin of several, that a date lies in. */
export const dateTrunc: OperatorParser = (argument, scope, name) => {
  const found = namedArguments(
    argument,
    name,
    ['date', 'unit', 'binSize', 'timezone', 'startOfWeek'],
    {
      notDocument: 5439007,
      unknown: 5439008,
      missing: { date: 5439009, unit: 5439010 },
      messages: { unknown: (field) => `Unrecognized argument to $dateTrunc: ${field}` },
    },
  )
  const date = scope.parse(found.date as RawValue, scope)
  const unit = scope.parse(found.unit as RawValue, scope)
  const binSize = parseOptional(found.binSize, scope)
  const timezone = parseOptional(found.timezone, scope)
  const startOfWeek = parseOptional(found.startOfWeek, scope)
  return fold(
    (context) => {
      const value = date.evaluate(context)
      const unitName = unit.evaluate(context)
      const size = binSize ? binSize.evaluate(context) : 1
      const zone = evaluateZone(timezone, context)
      const weekDay = startOfWeek?.evaluate(context)
      if (isNullish(value) || isNullish(unitName) || isNullish(size) || !zone) return null
      const parsed = parseUnit(name, unitName)
      if (parsed === 'week' && startOfWeek && isNullish(weekDay)) return null
      const ms = requireDate(name, 'date', value)
      const bins = parseBinSize(size, parsed)
      const firstDay =
        parsed === 'week' && !isNullish(weekDay) ? parseStartOfWeek(name, weekDay) : 7
      return DateTime.fromMs(truncateToUnit(ms, parsed, bins, zone, firstDay))
    },
    present(date, unit, binSize, timezone, startOfWeek),
  )
}

function parseBinSize(value: Value, unit: Unit): number {
  const size = isNumeric(value) ? exactInteger(value) : undefined
  if (size === undefined || !isInt64(size)) {
    throw new CommandError(
      5439017,
      `$dateTrunc requires 'binSize' to be a 64-bit integer, but got value of type ${typeName(value)}`,
    )
  }
  if (size <= 0n)
    throw new CommandError(
      5439018,
      `$dateTrunc requires 'binSize' to be greater than 0, but got value ${size}`,
    )
  const months = { year: 12, quarter: 3, month: 1 }[unit as 'year']
  if (months) {
    if (Number(size) * months > 2 ** 31)
      throw new CommandError(5439006, `$dateTrunc 'binSize' is too large: ${size}`)
  } else if (Number(size) > mostUnits(unit))
    throw new CommandError(5439002, `$dateTrunc 'binSize' is too large: ${size}`)
  return Number(size)
}
