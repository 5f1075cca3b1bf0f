import type { RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { evaluateZone, requireDate } from '../dates/arguments.js'
import { checkFormat, formatDate } from '../dates/format.js'
import { constantValue, type Expression, fold } from '../scope.js'
import { isNullish, typeName } from '../values.js'
import { namedArguments, type OperatorParser, parseOptional } from './arguments.js'

const ISO_UTC = '%Y-%m-%dT%H:%M:%S.%LZ'
const ISO_LOCAL = '%Y-%m-%dT%H:%M:%S.%L'

/** A date as text, in ISO 8601 unless a format is given. */
export const dateToString: OperatorParser = (argument, scope, name) => {
  const found = namedArguments(argument, name, ['format', 'date', 'timezone', 'onNull'], {
    notDocument: 18629,
    unknown: 18534,
    missing: { date: 18628 },
    messages: {
      unknown: (field) => `Unrecognized argument to $dateToString: ${field}`,
      missing: () => "Missing 'date' parameter to $dateToString",
    },
  })
  const date = scope.parse(found.date as RawValue, scope)
  const format = parseOptional(found.format, scope)
  const timezone = parseOptional(found.timezone, scope)
  const onNull = parseOptional(found.onNull, scope)
  if (format?.constant) {
    const text = constantValue(format)
    if (!isNullish(text)) checkFormatValue(text)
  }
  const parts = [date, format, timezone, onNull].filter((part): part is Expression => !!part)
  return fold((context) => {
    const value = date.evaluate(context)
    const text = format?.evaluate(context)
    const zone = evaluateZone(timezone, context)
    if (isNullish(value)) return onNull ? onNull.evaluate(context) : null
    if (!zone || (format && isNullish(text))) return null
    const pattern = text === undefined ? (zone.utc ? ISO_UTC : ISO_LOCAL) : checkFormatValue(text)
    return formatDate(requireDate(value), pattern, zone)
  }, parts)
}

function checkFormatValue(text: unknown): string {
  if (typeof text !== 'string') {
    throw new CommandError(
      18533,
      `$dateToString requires that 'format' be a string, found: ${typeName(text as never)}`,
    )
  }
  checkFormat(text)
  return text
}
