import { canonicalRank, compareValues, decodeValue, type RawValue, typeOf } from '@gantry/bson'
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
  if (demand.kind === 'type') {
    return 'operand' in given && given.kind === 'eq' && demand.types.has(given.operand.type)
  }
  return isComparison(given) && isComparison(demand) && comparisonImplies(given, demand)
}

function demandsValue(given: Filter): boolean {
  if (given.kind === 'exists') return true
  if (isComparison(given)) return decoded(given.operand) !== null
  return given.kind === 'regex' || given.kind === 'mod' || given.kind === 'size'
}

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

function isUpper({ kind }: ComparisonNode): boolean {
  return kind === 'lt' || kind === 'lte'
}

function isLower({ kind }: ComparisonNode): boolean {
  return kind === 'gt' || kind === 'gte'
}
