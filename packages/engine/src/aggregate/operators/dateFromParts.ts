import { DateTime, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { evaluateZone } from '../dates/arguments.js'
import { DAY, daysFromCivil, daysFromIsoWeek, HOUR, MINUTE, SECOND } from '../dates/calendar.js'
import { fromLocal } from '../dates/time-zone.js'
import { exactInteger } from '../numeric.js'
import { type Context, type Expression, fold } from '../scope.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { namedArguments, type OperatorParser, parseOptional } from './arguments.js'

const CALENDAR = ['year', 'month', 'day'] as const
const ISO = ['isoWeekYear', 'isoWeek', 'isoDayOfWeek'] as const
const TIME = ['hour', 'minute', 'second', 'millisecond'] as const

type Part = (typeof CALENDAR)[number] | (typeof ISO)[number] | (typeof TIME)[number]

/** A date from its parts; parts out of range carry over. */
export const dateFromParts: OperatorParser = (argument, scope) => {
  const found = namedArguments(
    argument,
    '$dateFromParts',
    [...CALENDAR, ...ISO, ...TIME, 'timezone'],
    {
      notDocument: 40519,
      unknown: 40518,
      missing: {},
      messages: { unknown: (field) => `Unrecognized argument to $dateFromParts: ${field}` },
    },
  )
  checkCombination(found)
  const parts = new Map<Part, Expression>()
  for (const name of [...CALENDAR, ...ISO, ...TIME]) {
    const value = found[name]
    if (value) parts.set(name, scope.parse(value, scope))
  }
  const timezone = parseOptional(found.timezone, scope)
  const all = timezone ? [...parts.values(), timezone] : [...parts.values()]
  return fold((context) => {
    const local = localMs(parts, context)
    const zone = evaluateZone(timezone, context)
    if (local === null || !zone) return null
    const ms = fromLocal(local, zone)
    if (!Number.isSafeInteger(ms) && Math.abs(ms) >= 2 ** 63) {
      throw new CommandError(
        'DurationOverflow',
        'Overflow casting from a lower-precision duration to a higher-precision duration',
      )
    }
    return DateTime.fromMs(ms)
  }, all)
}

function checkCombination(found: Partial<Record<string, RawValue>>): void {
  if (found.year) {
    for (const name of ISO) {
      if (found[name])
        throw new CommandError(
          40489,
          `$dateFromParts does not allow mixing natural dates with ISO dates`,
        )
    }
  } else if (found.isoWeekYear) {
    if (found.month || found.day) {
      throw new CommandError(
        40525,
        '$dateFromParts does not allow mixing ISO dates with natural dates',
      )
    }
  } else {
    throw new CommandError(
      40516,
      `$dateFromParts requires either 'year' or 'isoWeekYear' to be present`,
    )
  }
}

function localMs(parts: ReadonlyMap<Part, Expression>, context: Context): number | null {
  const read = (name: Part, fallback: number) => readPart(parts.get(name), name, fallback, context)
  const iso = parts.has('isoWeekYear')
  const names = iso ? ISO : CALENDAR
  const [year, second, third] = [read(names[0], 1970), read(names[1], 1), read(names[2], 1)]
  const time = TIME.map((name) => read(name, 0))
  if (year === null || second === null || third === null || time.includes(null)) return null
  if (year < 1 || year > 9999) {
    throw new CommandError(
      40523,
      `'${names[0]}' must evaluate to an integer in the range 1 to 9999, found ${year}`,
    )
  }
  const days = iso ? daysFromIsoWeek(year, second, third) : daysFromCivil(year, second, third)
  const [hour, minute, seconds, millisecond] = time as number[]
  return days * DAY + hour * HOUR + minute * MINUTE + seconds * SECOND + millisecond
}

function readPart(
  expression: Expression | undefined,
  name: Part,
  fallback: number,
  context: Context,
): number | null {
  if (!expression) return fallback
  const value: Value | undefined = expression.evaluate(context)
  if (isNullish(value)) return null
  const integer = isNumeric(value) ? exactInteger(value) : undefined
  if (integer === undefined) {
    throw new CommandError(
      40515,
      `'${name}' must evaluate to an integer, found ${typeName(value)} with value ${value}`,
    )
  }
  return Number(integer)
}
