/** Window functions that calculate with the numbers of a window. */
import { Double, decodeValue, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { parseUnit, type Unit } from '../dates/arguments.js'
import { DAY, HOUR, MINUTE, SECOND } from '../dates/calendar.js'
import { toDouble } from '../numeric.js'
import { namedArguments } from '../operators/arguments.js'
import { elementsOf, isArray } from '../raw-fields.js'
import type { Scope } from '../scope.js'
import { isNumeric } from '../values.js'
import { type Frame, parseBounds } from './bounds.js'
import {
  onDocument,
  onlySortField,
  positionOf,
  type WindowContext,
  type WindowFunctionParser,
} from './partition.js'

const UNIT_MS: Partial<Record<Unit, number>> = {
  week: 7 * DAY,
  day: DAY,
  hour: HOUR,
  minute: MINUTE,
  second: SECOND,
  millisecond: 1,
}

function readUnit(raw: RawValue | undefined): number | undefined {
  if (!raw) return undefined
  const unit = parseUnit('unit', decodeValue(raw.buf, raw.type, raw.at))
  const ms = UNIT_MS[unit]
  if (ms) return ms
  throw new CommandError(5490704, "unit must be 'week' or smaller")
}

interface Point {
  readonly x: number
  readonly y: number | undefined
}

/** A function of the points (sort value, input) of each window. */
function ofPoints(
  compute: (points: readonly Point[], frame: Frame) => number | null,
): WindowFunctionParser {
  return (argument, context) => {
    const { name, stage, window } = context
    const found = namedArguments(argument, name, ['input', 'unit'], {
      notDocument: 9,
      unknown: 9,
      missing: { input: 9 },
    })
    if (name === '$derivative' && !window) {
      throw new CommandError('FailedToParse', '$derivative requires explicit window bounds')
    }
    const field = onlySortField(context, 9)
    const bounds = parseBounds(context)
    const unit = readUnit(found.unit)
    const input = stage.scope.parse(found.input as RawValue, stage.scope).evaluate
    return (partition) => {
      const points = partition.docs.map((doc) => ({
        x: coordinate(doc, field, name, unit),
        y: numberOf(onDocument(stage.scope, doc, () => input(stage.scope.context))),
      }))
      return bounds.frames(partition).map((frame) => {
        const value = compute(points, frame)
        return value === null ? null : new Double(value)
      })
    }
  }
}

function numberOf(value: Value | undefined): number | undefined {
  return isNumeric(value) ? toDouble(value) : undefined
}

function coordinate(
  doc: Buffer,
  field: Parameters<typeof positionOf>[1],
  name: string,
  unit: number | undefined,
): number {
  const position = positionOf(doc, field, name)
  if (!position) throw new CommandError(5624901, `${name} needs a number or date to sort by`)
  if (unit !== undefined && !position.date) {
    throw new CommandError(5624900, `${name} with 'unit' expects the sortBy field to be a Date`)
  }
  if (unit === undefined && position.date) {
    throw new CommandError(5624901, `${name} where the sortBy is a Date requires a 'unit'`)
  }
  return position.at / (unit ?? 1)
}

/** The rise from the first to the last point of the window. */
export const derivative = ofPoints((points, { start, end }) => {
  if (end - start < 2) return null
  const first = points[start]
  const last = points[end - 1]
  if (first.y === undefined || last.y === undefined || first.x === last.x) return null
  return (last.y - first.y) / (last.x - first.x)
})

/** The area below the points of the window, by trapezoids. */
export const integral = ofPoints((points, { start, end }) => {
  let area = 0
  let before: Point | undefined
  for (const point of points.slice(start, end)) {
    if (point.y === undefined) continue
    if (before?.y !== undefined) area += ((point.x - before.x) * (point.y + before.y)) / 2
    before = point
  }
  return before ? area : null
})

/** How two numbers vary together; pairs that are not both numbers do not count. */
export function covariance(sample: boolean): WindowFunctionParser {
  return (argument, context) => {
    const { scope } = context.stage
    if (!isArray(argument) || elementsOf(argument).length !== 2) {
      throw new CommandError('FailedToParse', `${context.name} expects an array of two expressions`)
    }
    const [x, y] = elementsOf(argument).map((value) => scope.parse(value, scope).evaluate)
    const bounds = parseBounds(context)
    return (partition) => {
      const pairs = partition.docs.map((doc) =>
        onDocument(
          scope,
          doc,
          () => [numberOf(x(scope.context)), numberOf(y(scope.context))] as const,
        ),
      )
      return bounds
        .frames(partition)
        .map(({ start, end }) => covarianceOf(pairs.slice(start, end), sample))
    }
  }
}

function covarianceOf(
  pairs: readonly (readonly [number | undefined, number | undefined])[],
  sample: boolean,
): Value {
  let count = 0
  let meanX = 0
  let meanY = 0
  let sum = 0
  for (const [x, y] of pairs) {
    if (x === undefined || y === undefined) continue
    count++
    const delta = x - meanX
    meanX += delta / count
    meanY += (y - meanY) / count
    sum += delta * (y - meanY)
  }
  const divisor = sample ? count - 1 : count
  return divisor <= 0 ? null : new Double(sum / divisor)
}

/** A number's place between the least and the greatest of the window, from `min` to `max`. */
export const minMaxScaler: WindowFunctionParser = (argument, context) => {
  const { scope } = context.stage
  const found = namedArguments(argument, '$minMaxScaler', ['input', 'min', 'max'], {
    notDocument: 9,
    unknown: 9,
    missing: { input: 9 },
  })
  const least = constantNumber(found.min, 0, scope)
  const most = constantNumber(found.max, 1, scope)
  if (!(least < most))
    throw new CommandError('BadValue', "$minMaxScaler's 'max' must be greater than 'min'")
  const input = scope.parse(found.input as RawValue, scope).evaluate
  const bounds = parseBounds(context as WindowContext)
  return (partition) => {
    const numbers = partition.docs.map((doc) => {
      const number = numberOf(onDocument(scope, doc, () => input(scope.context)))
      if (number !== undefined) return number
      throw new CommandError(
        'TypeMismatch',
        "'input' argument to $minMaxScaler must evaluate to a numeric type",
      )
    })
    return bounds.frames(partition).map(({ start, end }, i) => {
      const window = numbers.slice(start, end)
      const low = window.reduce((a, b) => Math.min(a, b), Infinity)
      const high = window.reduce((a, b) => Math.max(a, b), -Infinity)
      const share = high === low ? 0 : (numbers[i] - low) / (high - low)
      return new Double(least + share * (most - least))
    })
  }
}

function constantNumber(raw: RawValue | undefined, otherwise: number, scope: Scope): number {
  if (!raw) return otherwise
  const expression = scope.parse(raw, scope)
  const value = expression.constant ? expression.evaluate(scope.context) : undefined
  if (isNumeric(value)) return toDouble(value)
  throw new CommandError(
    'FailedToParse',
    "'min' and 'max' of $minMaxScaler must be constant numbers",
  )
}
