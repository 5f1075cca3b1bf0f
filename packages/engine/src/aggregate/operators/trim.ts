/** `$trim`, `$ltrim` and `$rtrim`. */
import type { RawValue } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { fold } from '../scope.js'
import { isNullish, typeName } from '../values.js'
import { namedArguments, type OperatorParser, parseOptional } from './arguments.js'

/** What is taken for space when no characters are named. */
const SPACES = new Set([
  '\0',
  ' ',
  '\t',
  '\n',
  '\v',
  '\f',
  '\r',
  '\u00a0',
  '\u1680',
  '\u2000',
  '\u2001',
  '\u2002',
  '\u2003',
  '\u2004',
  '\u2005',
  '\u2006',
  '\u2007',
  '\u2008',
  '\u2009',
  '\u200a',
])

function trimming(left: boolean, right: boolean): OperatorParser {
  return (argument, scope, name) => {
    const found = namedArguments(argument, name, ['input', 'chars'], {
      notDocument: 50696,
      unknown: 50694,
      missing: { input: 50695 },
      messages: {
        notDocument: `${name} only supports an object as an argument`,
        unknown: (field) => `${name} found an unknown argument: ${field}`,
        missing: () => `${name} requires an 'input' field`,
      },
    })
    const input = scope.parse(found.input as RawValue, scope)
    const chars = parseOptional(found.chars, scope)
    return fold(
      (context) => {
        const text = input.evaluate(context)
        if (isNullish(text)) return null
        if (typeof text !== 'string') {
          throw new CommandError(
            50699,
            `${name} requires its input to be a string, got ${typeName(text)} instead.`,
          )
        }
        if (!chars) return trimText(text, SPACES, left, right)
        const set = chars.evaluate(context)
        if (isNullish(set)) return null
        if (typeof set !== 'string') {
          throw new CommandError(
            50700,
            `${name} requires 'chars' to be a string, got ${typeName(set)} instead.`,
          )
        }
        return trimText(text, new Set(set), left, right)
      },
      chars ? [input, chars] : [input],
    )
  }
}

function trimText(text: string, chars: ReadonlySet<string>, left: boolean, right: boolean): string {
  const points = Array.from(text)
  let from = 0
  let to = points.length
  if (left) while (from < to && chars.has(points[from])) from++
  if (right) while (to > from && chars.has(points[to - 1])) to--
  return points.slice(from, to).join('')
}

export const trim = trimming(true, true)
export const ltrim = trimming(true, false)
export const rtrim = trimming(false, true)
