import {
  Decimal128,
  decodeValue,
  type NumericValue,
  quantizeDecimal,
  type RawValue,
} from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { toDouble } from '../numeric.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import type { StageParser } from '../stage.js'
import { blocking } from '../stream.js'
import { isNumeric } from '../values.js'

/** Documents picked at random, each at most once. */
export const sample: StageParser = (argument) => {
  const size = parseSize(argument)
  return {
    name: '$sample',
    open: (input, services) => {
      const kept: Buffer[] = []
      let seen = 0
      return blocking(
        input,
        services.overdue,
        (doc) => {
          // Each document stays with the same chance, however many there will be.
          seen++
          if (kept.length < size) kept.push(doc)
          else {
            const at = Math.floor(Math.random() * seen)
            if (at < size) kept[at] = doc
          }
        },
        () => shuffled(kept)[Symbol.iterator](),
      )
    },
  }
}

function shuffled(docs: Buffer[]): Buffer[] {
  for (let i = docs.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const doc = docs[i]
    docs[i] = docs[j]
    docs[j] = doc
  }
  return docs
}

/** Doubles are cut off, decimals rounded. */
function wholeSize(value: NumericValue): number {
  return value instanceof Decimal128
    ? toDouble(quantizeDecimal(value, 0, 'half-even'))
    : Math.trunc(toDouble(value))
}

function parseSize(argument: RawValue): number {
  if (!isDocument(argument)) {
    throw new CommandError(28745, 'the $sample stage specification must be an object')
  }
  let size: number | undefined
  const unknown = fieldsOf(argument).find(([name]) => name !== 'size')
  if (unknown) throw new CommandError(28748, `unrecognized option to $sample: ${unknown[0]}`)
  for (const [, raw] of fieldsOf(argument)) {
    const value = decodeValue(raw.buf, raw.type, raw.at)
    if (!isNumeric(value))
      throw new CommandError(28746, 'size argument to $sample must be a number')
    size = wholeSize(value)
    if (!(size > 0))
      throw new CommandError(28747, 'size argument to $sample must be a positive integer')
  }
  if (size === undefined) throw new CommandError(28749, '$sample stage must specify a size')
  return size
}
