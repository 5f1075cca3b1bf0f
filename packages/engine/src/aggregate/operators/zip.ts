import { BsonType, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { elementsOf } from '../raw-fields.js'
import { type Expression, fold, type Scope } from '../scope.js'
import { isNullish, typeName } from '../values.js'
import { namedArguments, type OperatorParser } from './arguments.js'

/** Transposes arrays: the first elements together, then the second ones. */
export const zip: OperatorParser = (argument, scope) => {
  const found = namedArguments(argument, '$zip', ['inputs', 'useLongestLength', 'defaults'], {
    notDocument: 34460,
    unknown: 34464,
    missing: { inputs: 34465 },
    messages: {
      unknown: (field) => `$zip found an unknown argument: ${field}`,
      missing: () => `$zip requires at least one input array`,
    },
  })
  const inputs = parseArrays(found.inputs as RawValue, scope, 34461, 'inputs')
  const defaults = found.defaults ? parseArrays(found.defaults, scope, 34462, 'defaults') : []
  const longest = parseLongest(found.useLongestLength)
  if (inputs.length === 0) throw new CommandError(34465, '$zip requires at least one input array')
  if (found.defaults && !longest) {
    throw new CommandError(34466, 'cannot specify defaults unless useLongestLength is true')
  }
  if (found.defaults && defaults.length !== inputs.length) {
    throw new CommandError(34467, 'defaults and inputs must have the same length')
  }
  const evaluate: Expression['evaluate'] = (context) => {
    const arrays: Value[][] = []
    for (const input of inputs) {
      const array = input.evaluate(context)
      if (isNullish(array)) return null
      if (!Array.isArray(array)) {
        throw new CommandError(
          34468,
          `$zip found a non-array expression in input: ${typeName(array)}`,
        )
      }
      arrays.push(array)
    }
    const fill = defaults.map((part) => part.evaluate(context) ?? null)
    return transpose(arrays, longest, fill)
  }
  return fold(evaluate, [...inputs, ...defaults])
}

function transpose(arrays: readonly Value[][], longest: boolean, fill: readonly Value[]): Value[] {
  const lengths = arrays.map((array) => array.length)
  const length = longest ? Math.max(...lengths) : Math.min(...lengths)
  return Array.from({ length }, (_, row) =>
    arrays.map((array, i) => (row < array.length ? array[row] : (fill[i] ?? null))),
  )
}

function parseArrays(value: RawValue, scope: Scope, code: number, name: string): Expression[] {
  if (value.type !== BsonType.array) {
    throw new CommandError(code, `${name} must be an array of expressions`)
  }
  return elementsOf(value).map((element) => scope.parse(element, scope))
}

function parseLongest(value: RawValue | undefined): boolean {
  if (!value) return false
  if (value.type !== BsonType.bool) {
    throw new CommandError(34463, 'useLongestLength must be a bool')
  }
  return value.buf[value.at] !== 0
}
