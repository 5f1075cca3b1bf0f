import { DateTime, type RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { evaluateZone } from '../dates/arguments.js'
import { checkFormat } from '../dates/format.js'
import { parseDate, parseDateByFormat, READABLE } from '../dates/parse.js'
import { type Context, constantValue, type Expression, fold } from '../scope.js'
import { isNullish, typeName } from '../values.js'
import { namedArguments, type OperatorParser, parseOptional } from './arguments.js'

/** A date from text; `onError` stands in for what cannot be read. */
export const dateFromString: OperatorParser = (argument, scope) => {
  const found = namedArguments(
    argument,
    '$dateFromString',
    ['dateString', 'format', 'timezone', 'onNull', 'onError'],
    {
      notDocument: 40540,
      unknown: 40541,
      missing: { dateString: 40542 },
      messages: {
        unknown: (field) => `Unrecognized argument to $dateFromString: ${field}`,
        missing: () => "Missing 'dateString' parameter to $dateFromString",
      },
    },
  )
  const text = scope.parse(found.dateString as RawValue, scope)
  const format = parseOptional(found.format, scope)
  const timezone = parseOptional(found.timezone, scope)
  const onNull = parseOptional(found.onNull, scope)
  const onError = parseOptional(found.onError, scope)
  if (format?.constant) readFormat(constantValue(format))
  const read = (context: Context) => {
    const pattern = format ? readFormat(format.evaluate(context)) : undefined
    const value = text.evaluate(context)
    const zone = evaluateZone(timezone, context)
    if (isNullish(value)) return onNull ? onNull.evaluate(context) : null
    if (pattern === null || !zone) return null
    if (typeof value !== 'string') {
      throw new CommandError(
        'ConversionFailure',
        `$dateFromString requires that 'dateString' be a string, found: ${typeName(value)} with value ${value}`,
      )
    }
    const given = zone.utc ? undefined : zone
    return DateTime.fromMs(
      pattern === undefined ? parseDate(value, given) : parseDateByFormat(value, pattern, given),
    )
  }
  const parts = [text, format, timezone, onNull, onError].filter(
    (part): part is Expression => !!part,
  )
  if (!onError) return fold(read, parts)
  return fold((context) => {
    try {
      return read(context)
    } catch (error) {
      if (error instanceof CommandError && error.codeName === 'ConversionFailure') {
        return onError.evaluate(context)
      }
      throw error
    }
  }, parts)
}

function readFormat(format: unknown): string | null {
  if (format === null || format === undefined) return null
  if (typeof format !== 'string') {
    throw new CommandError(
      40684,
      `$dateFromString requires that 'format' be a string, found: ${typeName(format as never)}`,
    )
  }
  checkFormat(format, READABLE)
  return format
}
