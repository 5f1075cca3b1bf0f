import { CUT_KEY, prefixKey } from '../catalog/entries.js'
import type { Index } from '../catalog/index-definition.js'
import type { Condition } from './conditions.js'
import { demandsMore, hashedIntervals } from './hashed-intervals.js'
import {
  everything,
  type Interval,
  includesMissing,
  intersect,
  intervalsOf,
  MOST_POINTS,
  successor,
  union,
} from './intervals.js'
import { coversAll } from './partial.js'

/** How an index narrows a query down. */
export interface IndexBounds {
  readonly index: Index
  /** Per field of the index. */
  readonly fields: readonly (readonly Interval[])[]
  /** Whole keys, ascending and disjoint. */
  readonly ranges: readonly Interval[]
  /** Leading fields that are held to one value. */
  readonly fixed: number
  /** No field is narrowed down. */
  readonly unbounded: boolean
}

/** What an index can do for the conditions of a query; undefined when it might miss matches. */
export function boundsOf(index: Index, conditions: readonly Condition[]): IndexBounds | undefined {
  if (index.building) return undefined
  if (index.covers && !coversAll(index, conditions)) return undefined
  const fields = fieldIntervals(index, conditions)
  if (index.sparse && !demandsField(index, fields, conditions)) return undefined
  const { ranges, fixed } = rangesOf(index, fields)
  return {
    index,
    fields,
    ranges,
    fixed,
    unbounded: fields[0] === everything,
  }
}

function fieldIntervals(index: Index, conditions: readonly Condition[]): (readonly Interval[])[] {
  let arrayFieldBound = false
  return index.fields.map(({ path, dotted, descending, hashed }, i) => {
    const hasPosition = path.some((part) => part.index !== -1)
    const own = conditions.filter((condition) => condition.path === dotted)
    const isArray = (index.multikey & (1 << i)) !== 0
    // Different array elements may fulfil the conditions on two fields, or two conditions on one.
    if (isArray && arrayFieldBound) return everything
    const candidates = own
      .map(({ filter }) => (hashed ? hashedIntervals(filter) : intervalsOf(filter, descending)))
      .filter((intervals) => intervals !== undefined)
      // A document in an array lacks a field named like a position, for which the index has no entry.
      .filter((intervals) => !hasPosition || hashed || !includesMissing(intervals, descending))
    if (candidates.length === 0) return everything
    arrayFieldBound ||= isArray
    return isArray ? candidates.reduce(tighter) : candidates.reduce(intersect)
  })
}

/** Points before ranges, few before many. */
function tighter(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const points = (intervals: readonly Interval[]) => intervals.every((interval) => interval.point)
  if (points(a) !== points(b)) return points(a) ? a : b
  return b.length < a.length ? b : a
}

/** A sparse index has all documents in which some field exists, so the query must demand one. */
function demandsField(
  index: Index,
  fields: readonly (readonly Interval[])[],
  conditions: readonly Condition[],
): boolean {
  return index.fields.some(
    ({ dotted, descending, hashed }, i) =>
      (hashed
        ? conditions.some(({ path, filter }) => path === dotted && demandsMore(filter))
        : !includesMissing(fields[i], descending)) ||
      conditions.some(({ path, filter }) => path === dotted && filter.kind === 'exists'),
  )
}

function rangesOf(index: Index, fields: readonly (readonly Interval[])[]) {
  let prefixes: Buffer[] = [prefixKey(index.id)]
  let fixed = 0
  for (const [i, intervals] of fields.entries()) {
    const points = intervals.every((interval) => interval.point)
    if (!points || prefixes.length * intervals.length > MOST_POINTS) {
      return { ranges: union(extend(prefixes, intervals)), fixed }
    }
    prefixes = prefixes.flatMap((prefix) =>
      intervals.map((interval) => Buffer.concat([prefix, interval.low])),
    )
    if (intervals.length === 1 && fixed === i) fixed++
  }
  return {
    ranges: union(prefixes.map((prefix) => fitted({ low: prefix, high: successor(prefix) }))),
    fixed,
  }
}

function extend(prefixes: readonly Buffer[], intervals: readonly Interval[]): Interval[] {
  if (prefixes.length * intervals.length > MOST_POINTS) {
    return prefixes.map((prefix) => fitted({ low: prefix, high: successor(prefix) }))
  }
  return prefixes.flatMap((prefix) =>
    intervals.map(({ low, high }) =>
      fitted({ low: Buffer.concat([prefix, low]), high: Buffer.concat([prefix, high]) }),
    ),
  )
}

/** Keys that are too long are stored cut, so bounds are cut likewise, outwards; ranges may then overlap. */
function fitted({ low, high }: Interval): Interval {
  return {
    low: low.length > CUT_KEY ? low.subarray(0, CUT_KEY) : low,
    high: high.length > CUT_KEY ? successor(high.subarray(0, CUT_KEY)) : high,
  }
}
