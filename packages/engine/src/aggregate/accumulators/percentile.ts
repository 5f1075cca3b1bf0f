/** `$percentile` and `$median`: in `$group`, and as expressions over an array or number. */
import { Double, decodeValue, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { toDouble } from '../numeric.js'
import { namedArguments, type OperatorParser } from '../operators/arguments.js'
import { constantValue, type Evaluate, type Expression, fold, type Scope } from '../scope.js'
import { isNumeric } from '../values.js'
import type { AccumulatorParser } from './accumulator.js'

const METHODS = ['approximate', 'discrete', 'continuous'] as const
type Method = (typeof METHODS)[number]

interface Specification {
  readonly input: Expression
  readonly ps: readonly number[]
  readonly method: Method
}

function parse(argument: RawValue, scope: Scope, name: string): Specification {
  const median = name === '$median'
  const found = namedArguments<'input' | 'p' | 'method'>(
    argument,
    name,
    median ? ['input', 'method'] : ['input', 'p', 'method'],
    {
      notDocument: median ? 7436100 : 7429703,
      unknown: 40415,
      missing: median ? { input: 40414, method: 40414 } : { input: 40414, p: 40414, method: 40414 },
      messages: {
        notDocument: `specification must be an object; found ${name}`,
        unknown: (field) => `BSON field '${name}.${field}' is an unknown field.`,
        missing: (field) => `BSON field '${name}.${field}' is missing but a required field`,
      },
    },
  )
  return {
    input: scope.parse(found.input as RawValue, scope),
    ps: median ? [0.5] : parsePercentiles(found.p as RawValue, scope),
    method: parseMethod(found.method as RawValue),
  }
}

function parseMethod(value: RawValue): Method {
  const method = decodeValue(value.buf, value.type, value.at)
  if (typeof method !== 'string') {
    throw new CommandError(
      'TypeMismatch',
      `BSON field 'method' is the wrong type, expected type 'string'`,
    )
  }
  if ((METHODS as readonly string[]).includes(method)) return method as Method
  throw new CommandError(
    'BadValue',
    `Currently only 'approximate', 'discrete' and 'continuous' can be used as percentile 'method'.`,
  )
}

function parsePercentiles(value: RawValue, scope: Scope): number[] {
  const expression = scope.parse(value, scope)
  const ps = expression.constant ? constantValue(expression) : undefined
  if (!Array.isArray(ps) || ps.length === 0) {
    throw new CommandError(
      7750301,
      `The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but found: ${ps}`,
    )
  }
  return ps.map((p) => {
    if (!isNumeric(p)) {
      throw new CommandError(
        7750302,
        `The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but found: ${p}`,
      )
    }
    const number = toDouble(p)
    if (number >= 0 && number <= 1) return number
    throw new CommandError(
      7750303,
      `The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but found: ${number}`,
    )
  })
}

function result(numbers: number[], { ps, method }: Specification, single: boolean): Value {
  const sorted = Float64Array.from(numbers).sort()
  const values = ps.map((p) => {
    if (sorted.length === 0) return null
    return new Double(method === 'continuous' ? continuous(sorted, p) : discrete(sorted, p))
  })
  return single ? values[0] : values
}

function discrete(sorted: Float64Array, p: number): number {
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)]
}

/** Between the two neighbours, in proportion. */
function continuous(sorted: Float64Array, p: number): number {
  const rank = p * (sorted.length - 1)
  const low = Math.floor(rank)
  const high = Math.ceil(rank)
  return low === high ? sorted[low] : sorted[low] + (rank - low) * (sorted[high] - sorted[low])
}

function accumulator(single: boolean): AccumulatorParser {
  return (argument, scope, name) => {
    const specification = parse(argument, scope, name)
    const input: Evaluate = specification.input.evaluate
    return () => {
      const numbers: number[] = []
      return {
        accumulate: (context) => {
          const value = input(context)
          if (!isNumeric(value)) return
          const number = toDouble(value)
          if (!Number.isNaN(number)) numbers.push(number)
        },
        finish: () => result(numbers, specification, single),
        memory: () => numbers.length * 8,
        save: () => numbers.map((number) => new Double(number)),
        load(state) {
          for (const { value } of state as Double[]) numbers.push(value)
        },
      }
    }
  }
}

function expression(single: boolean): OperatorParser {
  return (argument, scope, name) => {
    const specification = parse(argument, scope, name)
    const { input } = specification
    return fold(
      (context) => {
        const value = input.evaluate(context)
        const values = Array.isArray(value) ? value : [value]
        const numbers = values.filter(isNumeric).map(toDouble)
        return result(
          numbers.filter((number) => !Number.isNaN(number)),
          specification,
          single,
        )
      },
      [input],
    )
  }
}

export const percentile = accumulator(false)
export const median = accumulator(true)
export const percentileExpression = expression(false)
export const medianExpression = expression(true)
