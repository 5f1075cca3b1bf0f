/** `$limit` and `$skip`. */
import { decodeValue, type RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInteger, isInt64 } from '../numeric.js'
import type { Stage, StageParser } from '../stage.js'
import { Pause } from '../stream.js'
import { isNumeric, typeName } from '../values.js'

function parseCount(argument: RawValue, code: number, what: string): number {
  const value = decodeValue(argument.buf, argument.type, argument.at)
  if (!isNumeric(value)) {
    throw new CommandError(
      code,
      `invalid argument to ${what} stage: Expected a number in: ${what}: ${typeName(value)}`,
    )
  }
  const count = exactInteger(value)
  if (count === undefined || !isInt64(count)) {
    throw new CommandError(
      code,
      `invalid argument to ${what} stage: Expected an integer: ${what}: ${value}`,
    )
  }
  if (count < 0n) {
    throw new CommandError(
      code,
      `invalid argument to ${what} stage: Expected a non-negative number in: ${what}: ${count}`,
    )
  }
  return Number(count)
}

export const limit: StageParser = (argument) => {
  const count = parseCount(argument, 5107201, '$limit')
  if (count === 0) throw new CommandError(15958, 'the limit must be positive')
  return limitStage(count)
}

export const skip: StageParser = (argument) => skipStage(parseCount(argument, 5107200, '$skip'))

export function limitStage(limit: number): Stage {
  return {
    name: '$limit',
    limit,
    open: (input) => {
      let left = limit
      return {
        next: () => {
          if (left === 0) return undefined
          const doc = input.next()
          if (doc !== undefined && !(doc instanceof Pause) && --left === 0) input.close?.()
          return doc
        },
        close: () => input.close?.(),
      }
    },
  }
}

export function skipStage(skip: number): Stage {
  return {
    name: '$skip',
    skip,
    open: (input) => {
      let left = skip
      return {
        next: () => {
          for (;;) {
            const doc = input.next()
            if (doc === undefined || doc instanceof Pause || left === 0) return doc
            left--
          }
        },
        close: () => input.close?.(),
      }
    },
  }
}
