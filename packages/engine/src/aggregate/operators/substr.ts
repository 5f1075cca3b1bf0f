/** `$substrBytes` (also called `$substr`) and `$substrCP`. */
import { Decimal128, type NumericValue, quantizeDecimal, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInt32, toDouble } from '../numeric.js'
import { coerceToString } from '../text.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { fixed, type OperatorParser } from './arguments.js'

/** A part of a string by bytes of its UTF-8; it must not cut a character. */
export const substrBytes: OperatorParser = (argument, scope, name) =>
  fixed(3, ([value, start, length]) => {
    const bytes = Buffer.from(coerceToString(value))
    if (!isNumeric(start)) {
      throw new CommandError(
        16034,
        `${name}:  starting index must be a numeric type (is BSON type ${typeName(start)})`,
      )
    }
    if (!isNumeric(length)) {
      throw new CommandError(
        16035,
        `${name}:  length must be a numeric type (is BSON type ${typeName(length)})`,
      )
    }
    const from = toLong(start)
    if (from < 0)
      throw new CommandError(50752, `${name}:  starting index must be non-negative (got: ${from})`)
    const count = toLong(length)
    const to = count < 0 ? bytes.length : Math.min(bytes.length, from + count)
    if (isContinuation(bytes[from])) {
      throw new CommandError(
        28656,
        `${name}:  Invalid range, starting index is a UTF-8 continuation byte.`,
      )
    }
    if (from < bytes.length && isContinuation(bytes[to])) {
      throw new CommandError(
        28657,
        `${name}:  Invalid range, ending index is in the middle of a UTF-8 character.`,
      )
    }
    return from >= bytes.length ? '' : bytes.toString('utf8', from, Math.max(from, to))
  })(argument, scope, name)

/** A decimal that is no int64 counts as the least one; a double that is none is an error. */
function toLong(value: NumericValue): number {
  const number = toDouble(value)
  if (typeof value === 'number' || typeof value === 'bigint') return number
  if (!(value instanceof Decimal128)) {
    if (Number.isNaN(number) || Math.abs(number) >= 2 ** 63) {
      throw new CommandError(31109, `Can't coerce out of range value ${number} to long`)
    }
    return Math.trunc(number)
  }
  const rounded = toDouble(quantizeDecimal(value, 0, 'half-even'))
  return Number.isNaN(rounded) || Math.abs(rounded) >= 2 ** 63 ? -(2 ** 63) : rounded
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

/** A part of a string by code points. */
export const substrCP: OperatorParser = fixed(3, ([value, start, length]) => {
  const text = coerceToString(value)
  const from = index(start, 34450, 34451, 'starting index')
  const count = index(length, 34452, 34453, 'length')
  if (count < 0) throw new CommandError(34454, '$substrCP: length must be a nonnegative integer.')
  if (from < 0)
    throw new CommandError(34455, '$substrCP: the starting index must be nonnegative integer.')
  return partByCodePoints(text, from, count)
})

function index(value: Value | undefined, typeCode: number, code: number, what: string): number {
  if (isNullish(value) || !isNumeric(value)) {
    throw new CommandError(
      typeCode,
      `$substrCP: ${what} must be a numeric type (is BSON type ${typeName(value)})`,
    )
  }
  const integer = exactInt32(value as NumericValue)
  if (integer !== undefined) return integer
  throw new CommandError(
    code,
    `$substrCP: ${what} cannot be represented as a 32-bit integral value: ${value}`,
  )
}

function partByCodePoints(text: string, from: number, count: number): string {
  const start = skipCodePoints(text, 0, from)
  return text.slice(start, skipCodePoints(text, start, count))
}

/** The position in UTF-16 units after so many code points. */
function skipCodePoints(text: string, from: number, count: number): number {
  let at = from
  for (let left = count; left > 0 && at < text.length; left--) {
    const unit = text.charCodeAt(at)
    at += unit >= 0xd800 && unit <= 0xdbff ? 2 : 1
  }
  return at
}
