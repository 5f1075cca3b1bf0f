import {
  BsonType,
  canonicalRank,
  compareValues,
  Decimal128,
  Double,
  decodeValue,
  type RawValue,
  typeOf,
  type Value,
} from '@gantry/bson'
import type { Index } from '../catalog/index-definition.js'
import type { Filter } from '../query/filter.js'
import { type Condition, conditionsOf } from './conditions.js'

/** Whether every match of the conditions is in a partial index: each of the index's own conditions follows from one of them. */
export function coversAll(index: Index, conditions: readonly Condition[]): boolean {
  if (!index.partialFilter) return true
  return followsFrom(index.partialFilter, conditions)
}

function followsFrom(demand: Filter, conditions: readonly Condition[]): boolean {
  if (demand.kind === 'and')
    return demand.clauses.every((clause) => followsFrom(clause, conditions))
  if (demand.kind === 'or') return demand.clauses.some((clause) => followsFrom(clause, conditions))
  if (demand.kind === 'alwaysTrue') return true
  const [own] = conditionsOf(demand)
  if (!own) return false
  return conditions.some(({ path, filter }) => path === own.path && implies(filter, own.filter))
}

/** Whether a value that fulfils the first condition always fulfils the second one. */
function implies(given: Filter, demand: Filter): boolean {
  if (given.kind === 'in') {
    return (
      given.regexes.length === 0 &&
      given.operands.every((operand) => implies({ kind: 'eq', path: given.path, operand }, demand))
    )
  }
  if (demand.kind === 'exists') return demandsValue(given)
  if (demand.kind === 'in') {
    return demand.operands.some((operand) =>
      implies(given, { kind: 'eq', path: demand.path, operand }),
    )
  }
  if (demand.kind === 'type' && given.kind === 'type')
    return [...given.types].every((type) => demand.types.has(type))
  if (demand.kind === 'type')
    return given.kind === 'eq' && equalsAreOfType(given.operand.type, demand.types)
  return isComparison(given) && isComparison(demand) && comparisonImplies(given, demand)
}

/** Whether all that equals a value of a type is of some of the types: 1 equals 1.0, and null what is missing. */
function equalsAreOfType(type: number, types: ReadonlySet<number>): boolean {
  if (type === BsonType.null || type === BsonType.undefined) return false
  return alike(type).every((other) => types.has(other))
}

function alike(type: number): readonly number[] {
  const rank = canonicalRank(type)
  return Object.values(BsonType).filter((other) => canonicalRank(other) === rank)
}

function demandsValue(given: Filter): boolean {
  if (given.kind === 'exists') return true
  // Null stands for what is missing too, and the end keys compare with it.
  if (isComparison(given)) return !withoutValue.has(given.operand.type)
  return given.kind === 'regex' || given.kind === 'mod' || given.kind === 'size'
}

const withoutValue: ReadonlySet<number> = new Set([
  BsonType.null,
  BsonType.undefined,
  BsonType.minKey,
  BsonType.maxKey,
])

type ComparisonNode = Extract<Filter, { kind: 'eq' | 'gt' | 'gte' | 'lt' | 'lte' }>

function isComparison(filter: Filter): filter is ComparisonNode {
  return ['eq', 'gt', 'gte', 'lt', 'lte'].includes(filter.kind)
}

function decoded({ buf, type, at }: RawValue) {
  return decodeValue(buf, type, at)
}

function comparisonImplies(given: ComparisonNode, demand: ComparisonNode): boolean {
  const a = decoded(given.operand)
  const b = decoded(demand.operand)
  // NaN has a place in the order, but only equals itself.
  if (isNaNValue(a) || isNaNValue(b)) return given.kind === demand.kind && compareValues(a, b) === 0
  // Comparisons hold within one type only.
  if (canonicalRank(typeOf(a)) !== canonicalRank(typeOf(b)) || Array.isArray(a)) return false
  const order = compareValues(a, b)
  switch (demand.kind) {
    case 'eq':
      return given.kind === 'eq' && order === 0
    case 'gt':
      return given.kind === 'gt' ? order >= 0 : isUpper(given) ? false : order > 0
    case 'gte':
      return isUpper(given) ? false : order >= 0
    case 'lt':
      return given.kind === 'lt' ? order <= 0 : isLower(given) ? false : order < 0
    case 'lte':
      return isLower(given) ? false : order <= 0
  }
}

function isNaNValue(value: Value): boolean {
  return (
    (value instanceof Double && Number.isNaN(value.value)) ||
    (value instanceof Decimal128 && value.toString() === 'NaN')
  )
}

function isUpper({ kind }: ComparisonNode): boolean {
  return kind === 'lt' || kind === 'lte'
}

function isLower({ kind }: ComparisonNode): boolean {
  return kind === 'gt' || kind === 'gte'
}
