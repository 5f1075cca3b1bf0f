/** `$indexOfBytes` and `$indexOfCP`. */
import type { Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInt32 } from '../numeric.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { type OperatorParser, ranged } from './arguments.js'

/** The first position of one text in another between two positions, or -1. */
function indexOf(
  name: string,
  codes: { text: number; part: number },
  find: (text: string, part: string, from: number, to: number) => number,
): OperatorParser {
  return ranged(2, 4, (values) => {
    const [text, part] = values
    if (isNullish(text)) return null
    if (typeof text !== 'string') {
      throw new CommandError(
        codes.text,
        `${name} requires a string as the first argument, found: ${typeName(text)}`,
      )
    }
    if (typeof part !== 'string') {
      throw new CommandError(
        codes.part,
        `${name} requires a string as the second argument, found: ${typeName(part)}`,
      )
    }
    const from = values.length > 2 ? position(name, 'starting', values[2]) : 0
    const to = values.length > 3 ? position(name, 'ending', values[3]) : Infinity
    return from > to ? -1 : find(text, part, from, to)
  })
}

function position(name: string, which: string, value: Value | undefined): number {
  const index = isNumeric(value) ? exactInt32(value) : undefined
  if (index === undefined) {
    throw new CommandError(
      40096,
      `${name} requires an integral ${which} index, found a value of type: ${typeName(value)}`,
    )
  }
  if (index < 0)
    throw new CommandError(40097, `${name} requires a nonnegative ${which} index, found: ${index}`)
  return index
}

export const indexOfBytes = indexOf(
  '$indexOfBytes',
  { text: 40091, part: 40092 },
  (text, part, from, to) => {
    const bytes = Buffer.from(text)
    const wanted = Buffer.from(part)
    const end = Math.min(to, bytes.length)
    if (from > bytes.length) return -1
    const at = wanted.length === 0 ? from : bytes.indexOf(wanted, from)
    return at === -1 || at + wanted.length > end ? -1 : at
  },
)

export const indexOfCP = indexOf(
  '$indexOfCP',
  { text: 40093, part: 40094 },
  (text, part, from, to) => {
    const points = Array.from(text)
    const wanted = Array.from(part)
    const end = Math.min(to, points.length)
    if (points.length === 0 && wanted.length === 0 && from === 0 && to > 0) return 0
    // A match must start before the end; it may reach beyond it.
    for (let at = from; at < end; at++) {
      if (wanted.every((point, i) => points[at + i] === point)) return at
    }
    return -1
  },
)
