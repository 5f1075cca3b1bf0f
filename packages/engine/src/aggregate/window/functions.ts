/** Window functions: ranks, shifts, fillings, and all accumulators over a window. */
import { Double, decodeValue, type RawValue, typeAlias, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import type { Accumulator, StartAccumulator } from '../accumulators/accumulator.js'
import { accumulators } from '../accumulators/index.js'
import { exactInt32, toDouble } from '../numeric.js'
import { namedArguments } from '../operators/arguments.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import type { Scope } from '../scope.js'
import { isNullish, isNumeric } from '../values.js'
import { parseBounds } from './bounds.js'
import { covariance, derivative, integral, minMaxScaler } from './calculus.js'
import {
  onDocument,
  onlySortField,
  type Partition,
  positionOf,
  type WindowContext,
  type WindowFunction,
  type WindowFunctionParser,
} from './partition.js'

/** An accumulator of `$group` over the window of each document. */
function accumulated(start: StartAccumulator, context: WindowContext): WindowFunction {
  const bounds = parseBounds(context)
  const { scope } = context.stage
  return (partition) => {
    const { docs } = partition
    if (docs.length > 0 && bounds.whole) {
      const value = over(start(null), docs, 0, docs.length, scope)
      return docs.map(() => value)
    }
    const frames = bounds.frames(partition)
    return frames.map(({ start: from, end }) => over(start(null), docs, from, end, scope))
  }
}

function over(
  accumulator: Accumulator,
  docs: readonly Buffer[],
  from: number,
  to: number,
  scope: Scope,
) {
  for (let i = from; i < to; i++) {
    onDocument(scope, docs[i], () => accumulator.accumulate(scope.context))
  }
  return accumulator.finish()
}

/** A rank by the order of the partition; takes neither arguments nor a window. */
function rank(value: (partition: Partition) => number[]): WindowFunctionParser {
  return (argument, context) => {
    const { name, window } = context
    if (window)
      throw new CommandError(5371601, `Rank style window functions take no other arguments`)
    if (!isDocument(argument) || fieldsOf(argument).length > 0) {
      throw new CommandError(5371603, `(None) the argument to ${name} must be an empty object`)
    }
    onlySortField(context, 5371602)
    return value
  }
}

const documentNumber = rank(({ docs }) => docs.map((_, i) => i + 1))

const rankOperator = rank(({ sortKeys }) => {
  let current = 0
  return sortKeys.map((key, i) => {
    if (i === 0 || !key.equals(sortKeys[i - 1])) current = i + 1
    return current
  })
})

const denseRank = rank(({ sortKeys }) => {
  let current = 0
  return sortKeys.map((key, i) => {
    if (i === 0 || !key.equals(sortKeys[i - 1])) current++
    return current
  })
})

function refuseWindow({ window, name }: WindowContext): void {
  if (window) throw new CommandError('FailedToParse', `'window' field is not allowed in ${name}`)
}

/** The value of a document so many places before or behind. */
const shift: WindowFunctionParser = (argument, context) => {
  refuseWindow(context)
  const { scope } = context.stage
  const found = namedArguments(argument, '$shift', ['output', 'by', 'default'], {
    notDocument: 9,
    unknown: 9,
    missing: { output: 9, by: 9 },
  })
  if (!context.sortBy) throw new CommandError('FailedToParse', `'$shift' requires a sortBy`)
  const by = found.by as RawValue
  const given = decodeValue(by.buf, by.type, by.at)
  const places = isNumeric(given) ? exactInt32(given) : undefined
  if (places === undefined) {
    throw new CommandError(
      'FailedToParse',
      `'$shift:by' field must be an integer, but found ${typeAlias(by.type)}`,
    )
  }
  const output = scope.parse(found.output as RawValue, scope).evaluate
  const otherwise = found.default && scope.parse(found.default, scope)
  if (otherwise && !otherwise.constant) {
    throw new CommandError(
      'FailedToParse',
      "'$shift:default' expression must yield a constant value.",
    )
  }
  const fallback = otherwise?.evaluate(scope.context) ?? null
  return ({ docs }) =>
    docs.map((_, i) => {
      const doc: Buffer | undefined = docs[i + places]
      return doc ? (onDocument(scope, doc, () => output(scope.context)) ?? null) : fallback
    })
}

/** The last value that is not null. */
const locf: WindowFunctionParser = (argument, context) => {
  refuseWindow(context)
  const { scope } = context.stage
  const { evaluate } = scope.parse(argument, scope)
  return ({ docs }) => {
    let last: Value = null
    return docs.map((doc) => {
      const value = onDocument(scope, doc, () => evaluate(scope.context))
      if (!isNullish(value)) last = value
      return last
    })
  }
}

/** Numbers between those that are there, in proportion to the field sorted by. */
const linearFill: WindowFunctionParser = (argument, context) => {
  refuseWindow(context)
  const { scope } = context.stage
  const field = onlySortField(context, 605001)
  const { evaluate } = scope.parse(argument, scope)
  return ({ docs }) => {
    const values = docs.map((doc) => onDocument(scope, doc, () => evaluate(scope.context)) ?? null)
    const positions = docs.map((doc) => positionOf(doc, field, '$linearFill')?.at ?? Number.NaN)
    return interpolate(values, positions)
  }
}

function interpolate(values: readonly Value[], positions: readonly number[]): Value[] {
  const result = values.slice()
  let before = -1
  for (const [i, value] of values.entries()) {
    if (isNullish(value)) continue
    if (!isNumeric(value))
      throw new CommandError('TypeMismatch', 'Value to be filled must be numeric or nullish')
    const from = before === -1 ? undefined : values[before]
    if (isNumeric(from)) {
      const slope = (toDouble(value) - toDouble(from)) / (positions[i] - positions[before])
      for (let k = before + 1; k < i; k++) {
        result[k] = new Double(toDouble(from) + slope * (positions[k] - positions[before]))
      }
    }
    before = i
  }
  return result
}

/** An average that gives later documents more weight. */
const expMovingAvg: WindowFunctionParser = (argument, context) => {
  refuseWindow(context)
  const { scope } = context.stage
  const found = namedArguments(argument, '$expMovingAvg', ['input', 'N', 'alpha'], {
    notDocument: 9,
    unknown: 9,
    missing: { input: 9 },
  })
  if (!context.sortBy)
    throw new CommandError('FailedToParse', '$expMovingAvg requires an explicit sortBy')
  if ((found.N === undefined) === (found.alpha === undefined)) {
    throw new CommandError(
      'FailedToParse',
      "$expMovingAvg sub object must have exactly two fields: An 'input' field, and either an 'N' field or an 'alpha' field",
    )
  }
  const weight = parseWeight(found.N, found.alpha)
  const input = scope.parse(found.input as RawValue, scope).evaluate
  return ({ docs }) => {
    let average: number | undefined
    return docs.map((doc) => {
      const value = onDocument(scope, doc, () => input(scope.context))
      if (isNumeric(value)) {
        const number = toDouble(value)
        average = average === undefined ? number : number * weight + average * (1 - weight)
      }
      return average === undefined ? null : new Double(average)
    })
  }
}

function parseWeight(n: RawValue | undefined, alpha: RawValue | undefined): number {
  const raw = (n ?? alpha) as RawValue
  const value = decodeValue(raw.buf, raw.type, raw.at)
  const number = isNumeric(value) ? toDouble(value) : Number.NaN
  if (n) {
    if (Number.isInteger(number) && number > 0) return 2 / (number + 1)
    throw new CommandError('FailedToParse', "'N' must be an integer greater than 0")
  }
  if (number > 0 && number < 1) return number
  throw new CommandError('FailedToParse', "'alpha' must be between 0 and 1 (exclusive)")
}

const own: ReadonlyMap<string, WindowFunctionParser> = new Map(
  Object.entries({
    $covariancePop: covariance(false),
    $covarianceSamp: covariance(true),
    $denseRank: denseRank,
    $derivative: derivative,
    $documentNumber: documentNumber,
    $expMovingAvg: expMovingAvg,
    $integral: integral,
    $linearFill: linearFill,
    $locf: locf,
    $minMaxScaler: minMaxScaler,
    $rank: rankOperator,
    $shift: shift,
  }),
)

/** Parses a window function by its name. */
export function parseWindowFunction(argument: RawValue, context: WindowContext): WindowFunction {
  const { name, stage } = context
  const parser = own.get(name)
  if (parser) return parser(argument, context)
  const accumulator = accumulators.get(name)
  if (!accumulator || name === '$mergeObjects') {
    throw new CommandError('FailedToParse', `Unrecognized window function, ${name}`)
  }
  return accumulated(accumulator(argument, stage.scope, name), context)
}
