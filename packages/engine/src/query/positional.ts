/**
 * Where in an array a document matched: what the positional `$` of updates and
 * projections stands for. Of several arrays in one path it is the outermost; of several
 * conditions the last one in MongoDB's canonical order says. Negations do not tell, nor
 * does `$or`, unless it only lists the values that one path may equal.
 */
import {
  BsonType,
  compareStrings,
  findElement,
  MISSING,
  type Path,
  skipCString,
  valueSize,
} from '@gantry/bson'
import { compileFilter, compileValueTest, leafTest, looksIntoArrays } from './compile.js'
import {
  type DocumentPredicate,
  dottedPath,
  type Filter,
  type LeafFilter,
  type ValueTest,
} from './filter.js'

/** The position of the array element through which a document matches; undefined if it does not match, or not through an array. */
export type MatchedPosition = (buf: Buffer, doc: number) => number | undefined

/** Whether it matched, and at which position: -1 for a match without one, -2 for none. */
type Finder = (buf: Buffer, doc: number) => number

const NO_MATCH = -2
const NO_POSITION = -1

export function matchedPosition(filter: Filter): MatchedPosition {
  const find = finder(filter)
  return (buf, doc) => {
    const position = find(buf, doc)
    return position >= 0 ? position : undefined
  }
}

function finder(filter: Filter): Finder {
  switch (filter.kind) {
    case 'and':
      return lastOf([...filter.clauses].sort(byCanonicalOrder).map(finder))
    case 'or':
      return isListOfValues(filter.clauses)
        ? lowestOf(filter.clauses.map(finder))
        : withoutPosition(compileFilter(filter))
    case 'alwaysTrue':
    case 'alwaysFalse':
    case 'nor':
    case 'not':
    case 'expr':
    case 'jsonSchema':
    case 'sampleRate':
      return withoutPosition(compileFilter(filter))
    default:
      return leafFinder(filter)
  }
}

function withoutPosition(matches: DocumentPredicate): Finder {
  return (buf, doc) => (matches(buf, doc) ? NO_POSITION : NO_MATCH)
}

function lastOf(finders: readonly Finder[]): Finder {
  return (buf, doc) => {
    let position = NO_POSITION
    for (const find of finders) {
      const found = find(buf, doc)
      if (found === NO_MATCH) return NO_MATCH
      if (found !== NO_POSITION) position = found
    }
    return position
  }
}

function lowestOf(finders: readonly Finder[]): Finder {
  return (buf, doc) => {
    let lowest = NO_MATCH
    for (const find of finders) {
      const found = find(buf, doc)
      if (found >= 0 ? lowest < 0 || found < lowest : lowest === NO_MATCH) lowest = found
    }
    return lowest
  }
}

/** Equalities with values on one path, which MongoDB turns into `$in`. */
function isListOfValues(clauses: readonly Filter[]): boolean {
  const paths = clauses.map((clause) => (clause.kind === 'eq' ? dottedPath(clause.path) : ''))
  return paths.every((path) => path !== '' && path === paths[0])
}

const canonicalOrder: readonly Filter['kind'][] = [
  'and',
  'or',
  'elemMatchObject',
  'elemMatchValue',
  'size',
  'eq',
  'lte',
  'lt',
  'gt',
  'gte',
  'regex',
  'mod',
  'exists',
  'in',
]

/** The order in which MongoDB evaluates conditions: by operator, then by path. */
function byCanonicalOrder(a: Filter, b: Filter): number {
  return rank(a) - rank(b) || compareStrings(pathOf(a), pathOf(b))
}

function rank({ kind }: Filter): number {
  const index = canonicalOrder.indexOf(kind)
  return index === -1 ? canonicalOrder.length : index
}

function pathOf(filter: Filter): string {
  return 'path' in filter ? dottedPath(filter.path) : ''
}

/** As `ValueTest`, answering like a `Finder`. */
type ValueFinder = (buf: Buffer, type: number, at: number) => number

function leafFinder(filter: LeafFilter): Finder {
  const find = valueFinder(filter)
  const last: ValueFinder = looksIntoArrays(filter)
    ? (buf, type, at) => {
        const position =
          type === BsonType.array
            ? positionOf(buf, at, (t, value) => find(buf, t, value))
            : NO_MATCH
        return position === NO_MATCH ? find(buf, type, at) : position
      }
    : find
  const { path } = filter
  return (buf, doc) => findInDocument(buf, doc, path, 0, find, last)
}

function valueFinder(filter: LeafFilter): ValueFinder {
  if (filter.kind === 'elemMatchObject') {
    const matches = compileFilter(filter.filter)
    const test: ValueTest = (buf, type, at) =>
      (type === BsonType.object || type === BsonType.array) && matches(buf, at)
    return elementFinder(test)
  }
  if (filter.kind === 'elemMatchValue') {
    return elementFinder(compileValueTest({ kind: 'and', clauses: filter.clauses }))
  }
  const test = leafTest(filter)
  return (buf, type, at) => (test(buf, type, at) ? NO_POSITION : NO_MATCH)
}

function elementFinder(test: ValueTest): ValueFinder {
  return (buf, type, at) =>
    type === BsonType.array
      ? positionOf(buf, at, (t, value) => (test(buf, t, value) ? NO_POSITION : NO_MATCH))
      : NO_MATCH
}

/** The position of the first element that is found. */
function positionOf(
  buf: Buffer,
  array: number,
  find: (type: number, at: number, index: number) => number,
): number {
  let at = array + 4
  for (let index = 0, type = buf[at]; type !== 0; index++, type = buf[at]) {
    const value = skipCString(buf, at + 1)
    if (find(type, value, index) !== NO_MATCH) return index
    at = value + valueSize(buf, type, value)
  }
  return NO_MATCH
}

/** Goes the ways of `anyAtPath`. */
function findInDocument(
  buf: Buffer,
  start: number,
  path: Path,
  from: number,
  find: ValueFinder,
  last: ValueFinder,
): number {
  let doc = start
  for (let i = from; ; ) {
    const { bytes } = path[i]
    const element = findElement(buf, doc, bytes)
    if (element < 0) return find(buf, MISSING, 0)
    const type = buf[element]
    const value = element + bytes.length + 2
    i++
    if (i === path.length) return last(buf, type, value)
    if (type === BsonType.array) return findInArray(buf, value, path, i, find, last)
    if (type !== BsonType.object) return find(buf, MISSING, 0)
    doc = value
  }
}

function findInArray(
  buf: Buffer,
  array: number,
  path: Path,
  from: number,
  find: ValueFinder,
  last: ValueFinder,
): number {
  // Where the path itself names the position, an array further inside may still have one.
  let inner = NO_MATCH
  const outer = positionOf(buf, array, (type, value, index) => {
    if (type === BsonType.object) {
      const found = findInDocument(buf, value, path, from, find, last)
      if (found !== NO_MATCH) return found
    }
    if (index !== path[from].index) return NO_MATCH
    if (from + 1 === path.length) inner = find(buf, type, value)
    else if (type === BsonType.object)
      inner = findInDocument(buf, value, path, from + 1, find, last)
    else if (type === BsonType.array) inner = findInArray(buf, value, path, from + 1, find, last)
    return inner
  })
  return inner === NO_MATCH ? outer : inner
}
