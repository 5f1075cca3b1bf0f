/** `$convert` and its short forms. */
import { BsonType, type RawValue, typeAlias, typeOfAlias, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { type ConversionOptions, convertValue } from '../conversion.js'
import { exactInteger } from '../numeric.js'
import { type Context, type Expression, fold } from '../scope.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { namedArguments, type OperatorParser, parseList, parseOptional } from './arguments.js'

const FAILED_TO_PARSE = 9

export const convert: OperatorParser = (argument, scope) => {
  const found = namedArguments(
    argument,
    '$convert',
    ['input', 'to', 'format', 'byteOrder', 'onError', 'onNull'],
    {
      notDocument: FAILED_TO_PARSE,
      unknown: FAILED_TO_PARSE,
      missing: { input: FAILED_TO_PARSE, to: FAILED_TO_PARSE },
      messages: {
        notDocument: `$convert expects an object of named arguments but found: ${typeAlias(argument.type)}`,
        unknown: (field) => `$convert found an unknown argument: ${field}`,
        missing: (field) => `Missing '${field}' parameter to $convert`,
      },
    },
  )
  const input = scope.parse(found.input as RawValue, scope)
  const to = scope.parse(found.to as RawValue, scope)
  const format = parseOptional(found.format, scope)
  const byteOrder = parseOptional(found.byteOrder, scope)
  const onError = parseOptional(found.onError, scope)
  const onNull = parseOptional(found.onNull, scope)
  const run = (context: Context) => {
    const value = input.evaluate(context)
    const target = to.evaluate(context)
    const options = { format: format?.evaluate(context), byteOrder: byteOrder?.evaluate(context) }
    if (isNullish(value)) {
      // A null input does not excuse a target that is none.
      if (!isNullish(target)) readTarget(target)
      return onNull ? onNull.evaluate(context) : null
    }
    if (isNullish(target)) return null
    const { type, subtype } = readTarget(target)
    return convertOr(
      value,
      type,
      { ...options, subtype },
      onError && (() => onError.evaluate(context)),
    )
  }
  const parts = [input, to, format, byteOrder, onError, onNull].filter(
    (part): part is Expression => !!part,
  )
  return fold(run, parts)
}

function convertOr(
  value: Value,
  type: number,
  options: ConversionOptions,
  otherwise: (() => Value | undefined) | undefined,
): Value | undefined {
  if (!otherwise) return convertValue(value, type, options)
  try {
    return convertValue(value, type, options)
  } catch (error) {
    if (error instanceof CommandError && error.codeName === 'ConversionFailure') return otherwise()
    throw error
  }
}

/** The type byte that `to` names; `{ type, subtype }` names both. */
function readTarget(to: Value): { type: number; subtype?: Value } {
  if (!(to instanceof Map)) return { type: readType(to) }
  const type = to.get('type')
  if (type === undefined) {
    throw new CommandError('FailedToParse', "Missing 'type' parameter to $convert's 'to' object")
  }
  return { type: readType(type), subtype: to.get('subtype') }
}

function readType(to: Value): number {
  if (typeof to === 'string') {
    const type = typeOfAlias(to)
    if (type === undefined || type === 0) {
      throw new CommandError('BadValue', `Unknown type name: ${to}`)
    }
    return type
  }
  if (!isNumeric(to)) {
    throw new CommandError(
      'FailedToParse',
      `$convert's 'to' argument must be a string or number, but is ${typeName(to)}`,
    )
  }
  const code = exactInteger(to)
  if (code === undefined) {
    throw new CommandError('FailedToParse', `In $convert, numeric 'to' argument is not an integer`)
  }
  const type = code === -1n ? BsonType.minKey : Number(code)
  if (code < -1n || code > 127n || code === 0n || typeAlias(type).startsWith('unknown')) {
    throw new CommandError(
      'FailedToParse',
      `In $convert, numeric value for 'to' does not correspond to a BSON type: ${code}`,
    )
  }
  return type
}

/** A conversion that may fail, as an operator of one argument. */
function shortForm(type: number, options: ConversionOptions = {}): OperatorParser {
  return (argument, scope, name) => {
    const parts = parseList(argument, scope)
    if (parts.length !== 1) {
      throw new CommandError(50723, `${name} requires a single argument, got ${parts.length}`)
    }
    const { evaluate } = parts[0]
    return fold((context) => {
      const value = evaluate(context)
      return isNullish(value) ? null : convertValue(value, type, options)
    }, parts)
  }
}

export const toBool = shortForm(BsonType.bool)
export const toDate = shortForm(BsonType.date)
export const toDecimal = shortForm(BsonType.decimal)
export const toDouble = shortForm(BsonType.double)
export const toInt = shortForm(BsonType.int)
export const toLong = shortForm(BsonType.long)
export const toObjectId = shortForm(BsonType.objectId)
export const toStringOperator = shortForm(BsonType.string, { format: 'auto' })
export const toUUID = shortForm(BsonType.binData, { format: 'uuid', subtype: 4 })
