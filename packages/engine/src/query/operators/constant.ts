/** `$alwaysTrue`, `$alwaysFalse`, `$sampleRate` and `$comment`, which look at no field. */
import {
  compareNumbers,
  decodeValue,
  isNumericType,
  type NumericValue,
  type RawValue,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { wholeLong } from '../integers.js'
import { exactNumber } from './comparison.js'
import type { TopLevelParser } from './operator.js'

export function parseAlways(kind: 'alwaysTrue' | 'alwaysFalse'): TopLevelParser {
  return ({ buf, type, at }) => {
    if (wholeLong(buf, type, at) !== 1n) {
      throw new CommandError('FailedToParse', `$${kind} must be an integer value of 1`)
    }
    return { kind }
  }
}

/** Says nothing about documents; what it holds is for logs and profiles. */
export const parseComment: TopLevelParser = () => undefined

export const parseSampleRate: TopLevelParser = (operand, { context }) => {
  const rate = sampleRate(operand)
  const random = context.random ?? Math.random
  return { kind: 'sampleRate', operand, matches: () => random() < rate }
}

function sampleRate(operand: RawValue): number {
  const { buf, type, at } = operand
  if (!isNumericType(type)) {
    throw new CommandError('BadValue', 'argument to $sampleRate must be a numeric type')
  }
  const value = decodeValue(buf, type, at) as NumericValue
  if (!(compareNumbers(value, 0) >= 0 && compareNumbers(value, 1) <= 0)) {
    throw new CommandError('BadValue', 'numeric argument to $sampleRate must be in [0, 1]')
  }
  return exactNumber(operand) ?? Number(String(value))
}
