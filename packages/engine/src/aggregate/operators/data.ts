/** Operators on what a value is made of: `$binarySize`, `$isNumber`, `$type`, `$tsSecond`, `$tsIncrement`, `$toHashedIndexKey`. */
import { Binary, encodeValue, Timestamp } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { hashValue } from '../../query/hashed-value.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { type OperatorParser, unary } from './arguments.js'

export const binarySize: OperatorParser = unary((value) => {
  if (isNullish(value)) return null
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (value instanceof Binary) return value.bytes.length
  throw new CommandError(
    51276,
    `$binarySize requires a string or BinData argument, found: ${typeName(value)}`,
  )
})

export const isNumber: OperatorParser = unary((value) => isNumeric(value))

export const type: OperatorParser = unary((value) => typeName(value))

function timestampPart(name: string, read: (value: Timestamp) => number): OperatorParser {
  return unary((value) => {
    if (isNullish(value)) return null
    if (value instanceof Timestamp) return BigInt(read(value))
    throw new CommandError(
      5687301,
      `Argument to ${name} must be a timestamp, but is ${typeName(value)}`,
    )
  })
}

export const tsSecond = timestampPart('$tsSecond', ({ t }) => t)
export const tsIncrement = timestampPart('$tsIncrement', ({ i }) => i)

/** The key that a hashed index holds for a value. */
export const toHashedIndexKey: OperatorParser = unary((value) => {
  const { buf, type, at } = encodeValue(value ?? null)
  return hashValue(buf, type, at)
})
