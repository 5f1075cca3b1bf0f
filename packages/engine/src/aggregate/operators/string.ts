/** `$concat`, `$split`, `$strcasecmp`, `$strLenBytes`, `$strLenCP`, `$toLower`, `$toUpper`. */
import { compareStrings, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { coerceToString } from '../text.js'
import { isNullish, typeName } from '../values.js'
import { binary, type OperatorParser, unary, variadic } from './arguments.js'

/** MongoDB's limit to what an expression may build. */
export const MAX_STRING_BYTES = 16 * 1024 * 1024

export function checkSize(text: string, code: number, name: string): string {
  // A UTF-16 unit takes at most three bytes, so shorter texts need no counting.
  if (text.length * 3 > MAX_STRING_BYTES && Buffer.byteLength(text) > MAX_STRING_BYTES) {
    throw new CommandError(code, `${name} result is larger than ${MAX_STRING_BYTES} bytes`)
  }
  return text
}

export const concat: OperatorParser = variadic((values) => {
  let text = ''
  for (const value of values) {
    if (typeof value === 'string') text += value
    else if (isNullish(value)) return null
    else throw new CommandError(16702, `$concat only supports strings, not ${typeName(value)}`)
  }
  return checkSize(text, 16493, '$concat')
})

export const split: OperatorParser = binary((text, separator) => {
  if (isNullish(text) || isNullish(separator)) return null
  if (typeof text !== 'string') {
    throw new CommandError(
      40085,
      `$split requires an expression that evaluates to a string as a first argument, found: ${typeName(text)}`,
    )
  }
  if (typeof separator !== 'string') {
    throw new CommandError(
      10503900,
      `$split requires an expression that evaluates to a string as a second argument, found: ${typeName(separator)}`,
    )
  }
  if (separator === '') throw new CommandError(40087, '$split requires a non-empty separator')
  return text.split(separator)
})

/** ASCII only, as MongoDB does; other letters stay as they are. */
export function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function upperCase(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
}

export const strcasecmp: OperatorParser = binary((a, b) =>
  Math.sign(compareStrings(upperCase(coerceToString(a)), upperCase(coerceToString(b)))),
)

export const strLenBytes: OperatorParser = unary((text) => {
  if (typeof text === 'string') return Buffer.byteLength(text)
  throw new CommandError(34473, `$strLenBytes requires a string argument, found: ${typeName(text)}`)
})

export const strLenCP: OperatorParser = unary((text) => {
  if (typeof text === 'string') return codePointCount(text)
  throw new CommandError(34471, `$strLenCP requires a string argument, found: ${typeName(text)}`)
})

export function codePointCount(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) count--
  }
  return count
}

export const toLower: OperatorParser = unary((value) => lowerCase(coerceToString(value)))
export const toUpper: OperatorParser = unary((value): Value => upperCase(coerceToString(value)))
