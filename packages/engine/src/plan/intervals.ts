/**
 * Which keys of one index field a condition leaves: half-open intervals of key bytes,
 * ascending and disjoint, in the order of the index (a descending field's bytes are
 * inverted). They may leave more than the condition does, never less; documents found
 * are checked against the whole filter.
 */
import { BsonType, canonicalRank, KeyWriter, type RawValue, someElement } from '@gantry/bson'
import type { Filter, InFilter, LeafFilter } from '../query/filter.js'

export interface Interval {
  readonly low: Buffer
  readonly high: Buffer
  /** All keys of the interval are of one value. */
  readonly point?: boolean
}

/** No restriction. */
export const everything: readonly Interval[] = [
  { low: Buffer.alloc(0), high: Buffer.from([0xff, 0xff]) },
]

const writer = new KeyWriter()

function keyOf(value: RawValue, descending: boolean): Buffer {
  writer.reset().appendRaw(value, descending)
  return writer.copy()
}

/** The lowest bytes that are above everything that starts with the given ones. */
export function successor(bytes: Buffer): Buffer {
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0xff) length--
  if (length === 0) return Buffer.from([0xff, 0xff])
  const next = Buffer.from(bytes.subarray(0, length))
  next[length - 1]++
  return next
}

function startingWith(bytes: Buffer): Interval {
  return { low: bytes, high: successor(bytes) }
}

/** All values whose rank in the order of types lies between two ranks, both included. */
function ranks(from: number, to: number, descending: boolean): Interval {
  return descending
    ? { low: Buffer.from([~to & 0xff]), high: successor(Buffer.from([~from & 0xff])) }
    : { low: Buffer.from([from]), high: successor(Buffer.from([to])) }
}

const NULL_RANK = canonicalRank(BsonType.null)
const UNDEFINED_RANK = canonicalRank(BsonType.undefined)
const STRING_RANK = canonicalRank(BsonType.string)
const NUMBER_RANK = canonicalRank(BsonType.int)

/** Missing values and nulls, with what an empty array leaves in an index. */
function nothing(descending: boolean): Interval {
  return ranks(UNDEFINED_RANK, NULL_RANK, descending)
}

/** Whether a missing value may be among the intervals' values. */
export function includesMissing(intervals: readonly Interval[], descending: boolean): boolean {
  const { low, high } = nothing(descending)
  return intervals.some(
    (interval) => interval.low.compare(high) < 0 && low.compare(interval.high) < 0,
  )
}

/** The intervals of a condition on the field itself, or undefined when it leaves everything. */
export function intervalsOf(filter: Filter, descending: boolean): readonly Interval[] | undefined {
  switch (filter.kind) {
    case 'eq':
      return union(equal(filter.operand, descending))
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const interval = compared(filter.kind, filter.operand, descending)
      return interval && [interval]
    }
    case 'in':
      if (filter.operands.length > MOST_POINTS) return [span(filter, descending)]
      return union([
        ...filter.operands.flatMap((operand) => equal(operand, descending)),
        ...filter.regexes.flatMap((regex) => matching(regex, descending)),
      ])
    case 'regex':
      return union(matching(filter, descending))
    case 'not':
      return filter.clause.kind === 'exists' ? [nothing(descending)] : undefined
    case 'mod':
      return [ranks(NUMBER_RANK, NUMBER_RANK, descending)]
    case 'type':
      return ofTypes(filter.types, descending)
    case 'elemMatchValue':
      return intersectAll(filter.clauses.map((clause) => ofElement(clause, descending)))
    default:
      return undefined
  }
}

/** An array in an array has a key as a whole, not one for each of its elements. */
function ofElement(clause: Filter, descending: boolean): readonly Interval[] | undefined {
  return clause.kind === 'elemMatchValue' ? undefined : intervalsOf(clause, descending)
}

function equal(operand: RawValue, descending: boolean): Interval[] {
  const { type } = operand
  if (type === BsonType.null || type === BsonType.undefined) return [nothing(descending)]
  const whole = pointOf(operand, descending)
  if (type !== BsonType.array) return [whole]
  // A document with this very array has an entry for each element, so for the first one too.
  const first = firstElement(operand)
  return first ? [whole, pointOf(first, descending)] : [whole, nothing(descending)]
}

/** More values than this are not worth an interval each. */
export const MOST_POINTS = 2000

/** One interval from the lowest to the highest value of an `$in`. */
function span({ operands, regexes }: InFilter, descending: boolean): Interval {
  const few = operands.filter(({ type }) => !isPlain(type))
  const intervals = [
    ...few.flatMap((operand) => equal(operand, descending)),
    ...regexes.flatMap((regex) => matching(regex, descending)),
  ]
  let low: Buffer | undefined
  let high: Buffer | undefined
  for (const operand of operands) {
    if (!isPlain(operand.type)) continue
    writer.reset().appendRaw(operand, descending)
    const key = writer.bytes()
    if (!low || key.compare(low) < 0) low = writer.copy()
    if (!high || key.compare(high) > 0) high = writer.copy()
  }
  if (low && high) intervals.push({ low, high: successor(high) })
  return {
    low: intervals.reduce(
      (least, { low }) => (low.compare(least) < 0 ? low : least),
      intervals[0].low,
    ),
    high: intervals.reduce(
      (most, { high }) => (high.compare(most) > 0 ? high : most),
      intervals[0].high,
    ),
  }
}

/** Whether all that equals a value of the type has the value's own key. */
function isPlain(type: number): boolean {
  return type !== BsonType.null && type !== BsonType.undefined && type !== BsonType.array
}

function pointOf(operand: RawValue, descending: boolean): Interval {
  return { ...startingWith(keyOf(operand, descending)), point: true }
}

function firstElement(array: RawValue): RawValue | undefined {
  let first: RawValue | undefined
  someElement(array.buf, array.at, (type, at) => {
    first = { buf: array.buf, type, at, size: 0 }
    return true
  })
  return first
}

function compared(
  kind: 'gt' | 'gte' | 'lt' | 'lte',
  operand: RawValue,
  descending: boolean,
): Interval | undefined {
  const { type } = operand
  // These compare with values of all types.
  if (type === BsonType.minKey || type === BsonType.maxKey || type === BsonType.array)
    return undefined
  if (type === BsonType.null || type === BsonType.undefined) return nothing(descending)
  const rank = canonicalRank(type)
  const bracket = ranks(rank, rank, descending)
  const key = keyOf(operand, descending)
  const upwards = (kind === 'gt' || kind === 'gte') !== descending
  const inclusive = kind === 'gte' || kind === 'lte'
  if (upwards) return { low: inclusive ? key : successor(key), high: bracket.high }
  return { low: bracket.low, high: inclusive ? successor(key) : key }
}

/** Strings that a regular expression may match, and regular expressions stored as values. */
function matching(
  { pattern, options }: { pattern: string; options: string },
  descending: boolean,
): Interval[] {
  const stored = canonicalRank(BsonType.regex)
  const prefix = literalPrefix(pattern, options)
  const strings =
    prefix === '' ? ranks(STRING_RANK, STRING_RANK, descending) : prefixed(prefix, descending)
  return [strings, ranks(stored, stored, descending)]
}

/** The text that every match must start with; empty when there is none. */
function literalPrefix(pattern: string, options: string): string {
  if (/[imsx]/.test(options) || pattern.includes('|')) return ''
  const literal = /^(?:\^|\\A)([\w \-:;,/@#%&'"!~`=<>]*)/.exec(pattern)?.[1] ?? ''
  // A quantifier makes the last character optional.
  const next = pattern[literal.length + (pattern.startsWith('\\A') ? 2 : 1)] ?? ''
  return /[*?{+]/.test(next) ? literal.slice(0, -1) : literal
}

function prefixed(prefix: string, descending: boolean): Interval {
  const text = Buffer.from(prefix)
  const key = Buffer.concat([Buffer.from([STRING_RANK]), text])
  if (descending) for (let i = 0; i < key.length; i++) key[i] = ~key[i]
  return startingWith(key)
}

function ofTypes(types: ReadonlySet<number>, descending: boolean): readonly Interval[] | undefined {
  // An array is not in the index itself, its elements are.
  if (types.has(BsonType.array)) return undefined
  return union(
    [...types].map((type) => {
      const rank = canonicalRank(type)
      return ranks(rank, rank, descending)
    }),
  )
}

/** Sorted and disjoint. */
export function union(intervals: readonly Interval[]): readonly Interval[] {
  if (intervals.length < 2) return intervals
  const sorted = [...intervals].sort((a, b) => a.low.compare(b.low) || a.high.compare(b.high))
  const result: Interval[] = []
  for (const interval of sorted) {
    const last = result.at(-1)
    if (last && interval.low.compare(last.high) < 0) {
      if (interval.high.compare(last.high) > 0) {
        result[result.length - 1] = { low: last.low, high: interval.high }
      }
    } else {
      result.push(interval)
    }
  }
  return result
}

export function intersect(a: readonly Interval[], b: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const low = a[i].low.compare(b[j].low) >= 0 ? a[i] : b[j]
    const high = a[i].high.compare(b[j].high) <= 0 ? a[i] : b[j]
    if (low.low.compare(high.high) < 0) {
      result.push(
        low === high ? low : { low: low.low, high: high.high, point: a[i].point || b[j].point },
      )
    }
    if (high === a[i]) i++
    else j++
  }
  return result
}

function intersectAll(
  all: readonly (readonly Interval[] | undefined)[],
): readonly Interval[] | undefined {
  const known = all.filter((intervals) => intervals !== undefined)
  return known.length === 0 ? undefined : known.reduce(intersect)
}

export function isLeaf(filter: Filter): filter is LeafFilter {
  return 'path' in filter
}
