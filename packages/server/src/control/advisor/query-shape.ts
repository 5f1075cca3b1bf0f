import type { JsonObject, JsonValue } from './json.js'
import { isObject, type SlowOperation } from './slow-operation.js'

/** Fields of an index, in order, each with its direction. */
export type IndexKey = readonly (readonly [field: string, direction: 1 | -1])[]

/** What queries have in common that differ only in their values. */
export interface QueryShape {
  /** Fields that are compared with one value, or with each of some. */
  readonly equal: readonly string[]
  readonly sort: IndexKey
  /** Fields that are looked at otherwise, above all by range. */
  readonly range: readonly string[]
}

/** Operators that a field is looked up with, as with a value. */
const LOOKUPS = new Set(['$eq', '$in'])
/** Operators that say nothing about a field's place in an index. */
const IGNORED = new Set(['$options', '$comment'])

export function shapeOf({ filter, sort }: Pick<SlowOperation, 'filter' | 'sort'>): QueryShape {
  const uses = new Map<string, 'equal' | 'range'>()
  collect(filter, '', uses)
  const withUse = (wanted: string) =>
    [...uses].flatMap(([field, use]) => (use === wanted ? [field] : [])).sort()
  const equal = withUse('equal')
  // Where there is one value only, there is nothing to be put in order.
  const order = Object.entries(sort).flatMap(([field, direction]) =>
    (direction === 1 || direction === -1) && !equal.includes(field)
      ? [[field, direction] as const]
      : [],
  )
  const sorted = order.map(([field]) => field)
  return { equal, sort: order, range: withUse('range').filter((field) => !sorted.includes(field)) }
}

/** Equality first, then what is in order, then ranges: so each field narrows what the next has to go through. */
export function indexFor({ equal, sort, range }: QueryShape): IndexKey {
  const ascending = (field: string) => [field, 1] as const
  return [...equal.map(ascending), ...sort, ...range.map(ascending)]
}

/** Whether an index serves a shape as well as the one that would be made for it. */
export function serves(index: IndexKey, { equal, sort, range }: QueryShape): boolean {
  const fields = (from: number, to: number) => index.slice(from, to).map(([field]) => field)
  const isSame = (found: readonly string[], wanted: readonly string[]) =>
    found.length === wanted.length && wanted.every((field) => found.includes(field))
  const ordered = equal.length + sort.length
  const order = index.slice(equal.length, ordered)
  const isIn = (turn: 1 | -1) =>
    order.length === sort.length &&
    sort.every(([field, way], i) => order[i][0] === field && order[i][1] === way * turn)
  return (
    isSame(fields(0, equal.length), equal) &&
    (isIn(1) || isIn(-1)) &&
    isSame(fields(ordered, ordered + range.length), range)
  )
}

function collect(filter: JsonObject, prefix: string, uses: Map<string, 'equal' | 'range'>): void {
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$and' && Array.isArray(condition)) {
      for (const one of condition as readonly JsonValue[])
        if (isObject(one)) collect(one, prefix, uses)
    }
    // Alternatives, expressions and texts need indexes of another kind.
    if (!name.startsWith('$')) use(prefix + name, condition, uses)
  }
}

function use(field: string, condition: JsonValue, uses: Map<string, 'equal' | 'range'>): void {
  const operators = operatorsOf(condition)
  if (!operators) return void uses.set(field, 'equal')
  for (const [operator, value] of operators) {
    if (IGNORED.has(operator)) continue
    if (operator === '$elemMatch' && isObject(value) && !operatorsOf(value)) {
      collect(value, `${field}.`, uses)
    } else if (LOOKUPS.has(operator)) uses.set(field, 'equal')
    else if (uses.get(field) !== 'equal') uses.set(field, 'range')
  }
}

/** Values that JSON has no form for are objects with such names as well. */
const VALUES =
  /^\$(oid|date|timestamp|numberLong|numberInt|numberDouble|numberDecimal|uuid|binary|type|undefined|minKey|maxKey|symbol|code|scope)$/

/** The operators of a condition; undefined when it is a value. */
function operatorsOf(condition: JsonValue): [string, JsonValue][] | undefined {
  if (!isObject(condition)) return undefined
  const entries = Object.entries(condition)
  const isOperators = entries.length > 0 && entries.every(([name]) => name.startsWith('$'))
  if (!isOperators) return undefined
  const isValue = entries.every(([name]) => VALUES.test(name)) && !isTypeQuery(entries)
  return isValue ? undefined : entries
}

/** `$type` alone asks for a type; beside `$binary` it is that of bytes. */
function isTypeQuery(entries: readonly (readonly [string, JsonValue])[]): boolean {
  return entries.length === 1 && entries[0][0] === '$type'
}
