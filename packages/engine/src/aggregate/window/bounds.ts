/** Which documents around each one belong to its window. */
import { decodeValue, type RawValue, type Value } from '@gantry/bson'
import { CommandError } from '../../errors.js'
import { parseUnit, type Unit } from '../dates/arguments.js'
import { addUnits } from '../dates/arithmetic.js'
import { UTC } from '../dates/time-zone.js'
import { exactInt32, toDouble } from '../numeric.js'
import { fieldsOf, isDocument } from '../raw-fields.js'
import type { SortPattern } from '../sort-pattern.js'
import { isNumeric } from '../values.js'
import { type Partition, positionOf, type WindowContext } from './partition.js'

/** From the first document of the window up to but not including `end`. */
export interface Frame {
  readonly start: number
  readonly end: number
}

/** The frames of all documents; `whole` when each is all of the partition. */
export interface Bounds {
  readonly whole: boolean
  frames(partition: Partition): Frame[]
}

type Edge = 'unbounded' | 'current' | number

/** Reads `window`; the whole partition without one. */
export function parseBounds({ window, sortBy }: WindowContext): Bounds {
  if (!window) return WHOLE
  if (!isDocument(window)) throw invalid("'window' field must be an object")
  const fields = new Map(fieldsOf(window))
  for (const name of fields.keys()) {
    if (!['documents', 'range', 'unit'].includes(name)) {
      throw invalid(
        `'window' field can only contain 'documents', 'range' and 'unit', not '${name}'`,
      )
    }
  }
  const documents = fields.get('documents')
  const range = fields.get('range')
  const unit = fields.get('unit')
  if (documents && range)
    throw invalid("Window bounds can specify either 'documents' or 'unit', not both.")
  if (unit && !range)
    throw invalid("Window bounds can only specify 'unit' with range-based bounds.")
  if (documents) return documentBounds(parseEdges(documents, 'documents'), sortBy)
  return range ? rangeBounds(parseEdges(range, 'range'), unit && readUnit(unit), sortBy) : WHOLE
}

const WHOLE: Bounds = {
  whole: true,
  frames: ({ docs }) => docs.map(() => ({ start: 0, end: docs.length })),
}

function invalid(message: string): CommandError {
  return new CommandError('FailedToParse', message)
}

function parseEdges(value: RawValue, kind: 'documents' | 'range'): [Edge, Edge] {
  const edges = decodeValue(value.buf, value.type, value.at)
  if (!Array.isArray(edges) || edges.length !== 2) {
    throw invalid(`Window bounds must be a 2-element array: ${kind}`)
  }
  const [lower, upper] = edges.map((edge) => parseEdge(edge, kind))
  const order = (edge: Edge, infinite: number) =>
    edge === 'unbounded' ? infinite : edge === 'current' ? 0 : edge
  if (order(lower, -Infinity) > order(upper, Infinity)) {
    throw new CommandError(5339900, `Lower bound must not exceed upper bound: ${kind}`)
  }
  return [lower, upper]
}

function parseEdge(edge: Value, kind: 'documents' | 'range'): Edge {
  if (edge === 'unbounded' || edge === 'current') return edge
  if (!isNumeric(edge)) {
    throw invalid(`Window bounds must be 'unbounded', 'current', or a number.`)
  }
  if (kind === 'range') return toDouble(edge)
  const integer = exactInt32(edge)
  if (integer === undefined) throw invalid('Numeric document-based bounds must be an integer')
  return integer
}

function readUnit(raw: RawValue): Unit {
  const value = decodeValue(raw.buf, raw.type, raw.at)
  if (typeof value !== 'string') throw invalid("'unit' must be a string")
  return parseUnit('$setWindowFields', value)
}

function documentBounds([lower, upper]: [Edge, Edge], sortBy: SortPattern | undefined): Bounds {
  if (lower === 'unbounded' && upper === 'unbounded') return WHOLE
  if (!sortBy) throw new CommandError(5339901, 'Document-based bounds require a sortBy')
  const offset = (edge: Edge) => (edge === 'current' ? 0 : (edge as number))
  return {
    whole: false,
    frames: ({ docs }) =>
      docs.map((_, i) => ({
        start: lower === 'unbounded' ? 0 : clamp(i + offset(lower), docs.length),
        end: upper === 'unbounded' ? docs.length : clamp(i + offset(upper) + 1, docs.length),
      })),
  }
}

function clamp(position: number, length: number): number {
  return Math.max(0, Math.min(length, position))
}

function rangeBounds(
  [lower, upper]: [Edge, Edge],
  unit: Unit | undefined,
  sortBy: SortPattern | undefined,
): Bounds {
  if (sortBy?.length !== 1 || sortBy[0].descending) {
    throw new CommandError(5339902, 'Range-based bounds require sortBy a single field, ascending')
  }
  if (unit && [lower, upper].some((edge) => typeof edge === 'number' && !Number.isInteger(edge))) {
    throw invalid("With 'unit', range-based bounds must be integers")
  }
  const [field] = sortBy
  return {
    whole: false,
    frames: (partition) => {
      const values = partition.docs.map((doc) => rangePosition(doc, field, unit))
      return values.map((value) => ({
        start: lower === 'unbounded' ? 0 : firstAtLeast(values, shifted(value, lower, unit)),
        end:
          upper === 'unbounded' ? values.length : firstAbove(values, shifted(value, upper, unit)),
      }))
    },
  }
}

function rangePosition(doc: Buffer, field: SortPattern[number], unit: Unit | undefined): number {
  const position = positionOf(doc, field, '$setWindowFields')
  if (!position || position.date !== (unit !== undefined)) {
    throw unit
      ? new CommandError(
          5429513,
          'Expected the sortBy field to be a Date, for range-based bounds with a unit',
        )
      : new CommandError(5429414, 'Invalid range: Expected the sortBy field to be a number')
  }
  return position.at
}

function shifted(value: number, edge: Edge, unit: Unit | undefined): number {
  if (typeof edge !== 'number') return value
  return unit ? addUnits(value, unit, edge, UTC) : value + edge
}

function firstAtLeast(sorted: readonly number[], wanted: number): number {
  return search(sorted, (value) => value >= wanted)
}

function firstAbove(sorted: readonly number[], wanted: number): number {
  return search(sorted, (value) => value > wanted)
}

function search(sorted: readonly number[], reached: (value: number) => boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (reached(sorted[middle])) high = middle
    else low = middle + 1
  }
  return low
}
