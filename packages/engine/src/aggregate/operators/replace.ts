/** `$replaceOne` and `$replaceAll`. */
import type { RawValue, Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { fold } from '../scope.js'
import { isNullish, typeName } from '../values.js'
import { namedArguments, type OperatorParser } from './arguments.js'

const ARGUMENTS = ['input', 'find', 'replacement'] as const
const TYPE_CODES = { input: 10503904, find: 10503901, replacement: 10503902 }

function replacing(
  apply: (input: string, find: string, replacement: string) => string,
): OperatorParser {
  return (argument, scope, name) => {
    const found = namedArguments(argument, name, ARGUMENTS, {
      notDocument: 51751,
      unknown: 51750,
      missing: { input: 51749, find: 51748, replacement: 51747 },
      messages: {
        notDocument: `${name} requires an object as an argument`,
        unknown: (field) => `${name} found an unknown argument: ${field}`,
        missing: (field) => `${name} requires '${field}' to be specified`,
      },
    })
    const parts = ARGUMENTS.map((key) => scope.parse(found[key] as RawValue, scope))
    return fold((context) => {
      const values = parts.map((part) => part.evaluate(context))
      values.forEach((value, i) => {
        checkText(name, ARGUMENTS[i], value)
      })
      if (values.some(isNullish)) return null
      const [input, find, replacement] = values as string[]
      return apply(input, find, replacement)
    }, parts)
  }
}

function checkText(name: string, key: (typeof ARGUMENTS)[number], value: Value | undefined): void {
  if (typeof value === 'string' || isNullish(value)) return
  throw new CommandError(
    TYPE_CODES[key],
    `${name} requires that '${key}' be a string, found: ${typeName(value)}`,
  )
}

export const replaceOne = replacing((input, find, replacement) => {
  const at = input.indexOf(find)
  return at === -1 ? input : input.slice(0, at) + replacement + input.slice(at + find.length)
})

export const replaceAll = replacing((input, find, replacement) => {
  if (find !== '') return input.replaceAll(find, () => replacement)
  // An empty text is found before each character and at the end.
  return replacement + Array.from(input, (point) => point + replacement).join('')
})
