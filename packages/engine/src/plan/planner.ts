import { BsonType, canonicalRank, type RawValue } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import type { Index } from '../catalog/index-definition.js'
import type { ComparisonFilter, Filter } from '../query/filter.js'
import type { View } from '../storage/view.js'
import type { Access, IndexAccess } from './access.js'
import { alternativesOf, conditionsOf } from './conditions.js'
import type { Hint } from './hint.js'
import { boundsOf, type IndexBounds } from './index-bounds.js'
import { intersect } from './intervals.js'
import { type KeyRange, keysWithin } from './key-range.js'
import type { SortPattern } from './sort-keys.js'

export interface PlanRequest {
  readonly filter: Filter
  readonly sort?: SortPattern
  readonly hint?: Hint
  /** Goes with a hint of an index only. */
  readonly keys?: KeyRange
  /** At most so many results are wanted; 0 for all. */
  readonly limit?: number
}

export interface AccessPlan {
  readonly access: Access
  /** The access gives the records in the order asked for. */
  readonly sorted: boolean
  /** The other ways that were considered, for `explain`. */
  readonly rejected: readonly Access[]
}

/** Chooses how to reach the records that may match. */
export function planAccess(view: View, collection: Collection, request: PlanRequest): AccessPlan {
  const { filter, sort, hint } = request
  if (filter.kind === 'alwaysFalse')
    return { access: { kind: 'nothing' }, sorted: true, rejected: [] }
  if (sort?.kind === 'natural' || hint?.kind === 'natural') return naturalPlan(collection, request)
  const id = !hint && idOf(filter)
  if (id) return { access: { kind: 'id', key: id }, sorted: true, rejected: [] }
  const candidates = candidatesFor(collection, request)
  const best = pick(view, candidates, request)
  const alternative =
    !hint && (!best || best.bounds.unbounded) && orAccess(view, collection, filter)
  if (alternative) {
    return { access: alternative, sorted: !sort, rejected: candidates.map(({ access }) => access) }
  }
  if (!best) return { access: naturalAccess(collection, false), sorted: !sort, rejected: [] }
  const others = candidates.filter((candidate) => candidate !== best)
  return { access: best.access, sorted: best.sorted, rejected: others.map(({ access }) => access) }
}

function naturalPlan(collection: Collection, { sort, hint }: PlanRequest): AccessPlan {
  const order = sort?.kind === 'natural' ? sort : hint?.kind === 'natural' ? hint : undefined
  const access = naturalAccess(collection, order?.reverse ?? false)
  return { access, sorted: sort?.kind !== 'fields', rejected: [] }
}

/** All records in their order, which in a clustered collection is that of `_id`. */
function naturalAccess({ options, indexes }: Collection, reverse: boolean): Access {
  const bounds = options.has('clusteredIndex') && boundsOf(indexes[0], [])
  if (!bounds) return { kind: 'collection', reverse }
  return { kind: 'index', index: indexes[0], ranges: bounds.ranges, reverse, bounds }
}

/** The value that a filter demands of `_id`, when one look-up finds it. */
function idOf(filter: Filter): RawValue | undefined {
  if (isIdEquality(filter)) return filter.operand
  return filter.kind === 'and' ? filter.clauses.find(isIdEquality)?.operand : undefined
}

function isIdEquality(filter: Filter): filter is ComparisonFilter {
  return (
    filter.kind === 'eq' &&
    filter.path.length === 1 &&
    filter.path[0].name === '_id' &&
    // An `_id` is never missing nor an array, but null may stand for both.
    canonicalRank(filter.operand.type) > canonicalRank(BsonType.null) &&
    filter.operand.type !== BsonType.array
  )
}

interface Candidate {
  readonly bounds: IndexBounds
  readonly access: IndexAccess
  readonly sorted: boolean
}

function candidatesFor(collection: Collection, request: PlanRequest): Candidate[] {
  const { hint, sort } = request
  const conditions = conditionsOf(request.filter)
  const indexes = hint?.kind === 'index' ? [hint.index] : collection.indexes
  const candidates: Candidate[] = []
  for (const index of indexes) {
    if (!hint && index.spec.get('hidden') === true) continue
    const bounds = boundsOf(index, conditions) ?? (hint && boundsOf(unrestricted(index), []))
    if (!bounds) continue
    const order = sort?.kind === 'fields' ? sortDirection(bounds, sort) : undefined
    if (bounds.unbounded && !order && !hint) continue
    candidates.push({
      bounds,
      sorted: !sort || order !== undefined,
      access: {
        kind: 'index',
        index,
        ranges: request.keys
          ? intersect(bounds.ranges, [keysWithin(index, request.keys)])
          : bounds.ranges,
        reverse: order === 'backward',
        bounds,
      },
    })
  }
  return candidates
}

/** A hinted index is used even where it leaves documents out, as MongoDB does. */
function unrestricted(index: Index): Index {
  return { ...index, sparse: false, covers: undefined, partialFilter: undefined }
}

/** In which direction an index gives the order of a sort, if it does. */
function sortDirection(
  { index, fixed }: IndexBounds,
  sort: Extract<SortPattern, { kind: 'fields' }>,
): 'forward' | 'backward' | undefined {
  if (index.multikey || index.truncated) return undefined
  let direction: 'forward' | 'backward' | undefined
  let at = 0
  for (const field of sort.fields) {
    while (at < fixed && index.fields[at].dotted !== field.dotted) at++
    const own = index.fields[at]
    if (own?.dotted !== field.dotted) {
      if (isFixed(index, fixed, field.dotted)) continue
      return undefined
    }
    const needed = own.descending === field.descending ? 'forward' : 'backward'
    if (at >= fixed) {
      if (own.hashed) return undefined
      if (direction && direction !== needed) return undefined
      direction = needed
    }
    at++
  }
  return direction ?? 'forward'
}

function isFixed(index: Index, fixed: number, dotted: string): boolean {
  return index.fields.slice(0, fixed).some((field) => field.dotted === dotted)
}

/** Index entries counted per candidate to compare them; beyond this all are the same. */
const SAMPLE = 1000

function pick(
  view: View,
  candidates: readonly Candidate[],
  request: PlanRequest,
): Candidate | undefined {
  if (candidates.length < 2) return candidates[0]
  const sorting = request.sort?.kind === 'fields'
  let best: { candidate: Candidate; cost: number } | undefined
  for (const candidate of candidates) {
    const cost = costOf(view, candidate, sorting, request.limit ?? 0)
    if (!best || cost < best.cost) best = { candidate, cost }
  }
  return best?.candidate
}

function costOf(view: View, candidate: Candidate, sorting: boolean, limit: number): number {
  const { bounds, sorted } = candidate
  let entries = bounds.unbounded ? SAMPLE * 2 : countEntries(view, bounds, SAMPLE)
  // A walk in order can stop at the limit; an index that does not narrow may have to go far for it.
  if (sorting && sorted && limit > 0 && !bounds.unbounded) entries = Math.min(entries, limit)
  const sortCost = sorting && !sorted ? entries * 0.5 : 0
  // Among equals the one that holds more fields to one value, then the one with fewer fields.
  return entries + sortCost - bounds.fixed * 0.01 + bounds.index.fields.length * 0.001
}

function countEntries(view: View, { ranges }: IndexBounds, most: number): number {
  let count = 0
  for (const range of ranges) {
    view.scan('indexes', range, () => ++count < most)
    if (count >= most) break
  }
  return count
}

/** An index for each branch of an `$or`, if each has one. */
function orAccess(view: View, collection: Collection, filter: Filter): Access | undefined {
  for (const clauses of alternativesOf(filter)) {
    const branches = clauses.map(
      (clause) => planAccess(view, collection, { filter: clause }).access,
    )
    if (branches.every((branch) => branch.kind !== 'collection')) return { kind: 'or', branches }
  }
  return undefined
}
