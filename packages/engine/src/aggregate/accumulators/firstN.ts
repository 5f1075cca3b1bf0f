/** `$firstN`, `$lastN`, `$minN`, `$maxN`: in `$group`, and as expressions over an array. */
import { compareValues, encodeDocument, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { exactInteger, isInt64 } from '../numeric.js'
import { namedArguments, type OperatorParser } from '../operators/arguments.js'
import { type Expression, fold, type Scope } from '../scope.js'
import { isNullish, isNumeric, typeName } from '../values.js'
import { type AccumulatorParser, roughSize } from './accumulator.js'

/** Keeps up to `n` values of all that it is given. */
interface Selection {
  add(value: Value): void
  readonly values: Value[]
}

type StartSelection = (n: number) => Selection

function startFirst(n: number): Selection {
  const values: Value[] = []
  return {
    add: (value) => {
      if (values.length < n) values.push(value)
    },
    values,
  }
}

function startLast(n: number): Selection {
  const values: Value[] = []
  return {
    add: (value) => {
      values.push(value)
      if (values.length > n) values.shift()
    },
    values,
  }
}

/** The `n` least (sign 1) or greatest (sign -1), in that order; null and missing do not count. */
function startExtremes(sign: 1 | -1): StartSelection {
  return (n) => {
    const values: Value[] = []
    return {
      add: (value) => {
        if (isNullish(value)) return
        if (values.length === n && sign * compareValues(value, values[n - 1]) >= 0) return
        values.splice(insertionPoint(values, value, sign), 0, value)
        if (values.length > n) values.pop()
      },
      values,
    }
  }
}

/** Behind the values that are equal. */
function insertionPoint(values: readonly Value[], value: Value, sign: 1 | -1): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sign * compareValues(value, values[middle]) < 0) high = middle
    else low = middle + 1
  }
  return low
}

function parseArguments(argument: RawValue, name: string) {
  return namedArguments(argument, name, ['n', 'input'], {
    notDocument: 5787900,
    unknown: 5787901,
    missing: { n: 5787906, input: 5787907 },
    messages: {
      notDocument: `specification must be an object; found ${name}`,
      unknown: (field) => `Unknown argument for 'n' operator: ${field}`,
      missing: (field) => `Missing value for '${field}'`,
    },
  })
}

/** What is said of an `n` that is no number, no integer, or not above zero. */
interface NCodes {
  readonly type: number
  readonly integral: number
  readonly positive: number
}

const CODES: NCodes = { type: 5787902, integral: 5787903, positive: 5787908 }

/** `$group` says the same of all three. */
const GROUP_CODES: NCodes = { type: 7548606, integral: 7548606, positive: 7548606 }

/** Checks how many values are asked for. */
function checkN(name: string, value: Value | undefined, codes = CODES): number {
  if (!isNumeric(value)) {
    throw new CommandError(
      codes.type,
      `Value for 'n' must be of integral type, but found ${typeName(value)}`,
    )
  }
  const n = exactInteger(value)
  if (n === undefined || !isInt64(n)) {
    throw new CommandError(
      codes.integral,
      `Value for 'n' must be of integral type, but found ${typeName(value)}`,
    )
  }
  if (n <= 0n)
    throw new CommandError(codes.positive, `'n' must be greater than 0, found ${n} for ${name}`)
  return Number(n)
}

/** `n` of a group: a constant, or an expression over the fields of its key. */
export function groupN(
  name: string,
  n: Expression,
  scope: Scope,
): (groupKey: Value | undefined) => number {
  if (n.constant) {
    const checked = checkN(name, n.evaluate(scope.context), GROUP_CODES)
    return () => checked
  }
  return (groupKey) => {
    const { context } = scope
    const { buf, doc, root } = context
    context.buf = encodeDocument(groupKey instanceof Map ? groupKey : new Map())
    context.doc = 0
    context.root = 0
    try {
      return checkN(name, n.evaluate(context), GROUP_CODES)
    } finally {
      Object.assign(context, { buf, doc, root })
    }
  }
}

function accumulator(start: StartSelection): AccumulatorParser {
  return (argument, scope, name) => {
    const found = parseArguments(argument, name)
    const input = scope.parse(found.input as RawValue, scope).evaluate
    const n = groupN(name, scope.parse(found.n as RawValue, scope), scope)
    return (groupKey) => {
      const selection = start(n(groupKey))
      return {
        accumulate: (context) => selection.add(input(context) ?? null),
        finish: () => selection.values,
        memory: () => roughSize(selection.values),
        save: () => selection.values,
        load(state) {
          for (const value of state as Value[]) selection.add(value)
        },
      }
    }
  }
}

function expression(start: StartSelection): OperatorParser {
  return (argument, scope, name) => {
    const found = parseArguments(argument, name)
    const input = scope.parse(found.input as RawValue, scope)
    const n = scope.parse(found.n as RawValue, scope)
    return fold(
      (context) => {
        const count = checkN(name, n.evaluate(context))
        const array = input.evaluate(context)
        if (isNullish(array)) return null
        if (!Array.isArray(array)) {
          throw new CommandError(5788200, `Input must be an array`)
        }
        const selection = start(count)
        for (const value of array) selection.add(value)
        return selection.values
      },
      [input, n],
    )
  }
}

export const firstN = accumulator(startFirst)
export const lastN = accumulator(startLast)
export const minN = accumulator(startExtremes(1))
export const maxN = accumulator(startExtremes(-1))
export const firstNExpression = expression(startFirst)
export const lastNExpression = expression(startLast)
export const minNExpression = expression(startExtremes(1))
export const maxNExpression = expression(startExtremes(-1))
