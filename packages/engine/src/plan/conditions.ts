import type { Path } from '@gantry/bson'
import { dottedPath, type Filter } from '../query/filter.js'

/** A condition that every match fulfils, and the path that it is about. */
export interface Condition {
  readonly path: string
  readonly filter: Filter
  /**
   * Conditions of one number hold for one and the same array element (they come from
   * one `$elemMatch`); those without hold each for some element.
   */
  readonly element?: number
}

/** What a filter demands of all its matches, by path; `$or`, `$nor` and the like are left out. */
export function conditionsOf(filter: Filter): Condition[] {
  const conditions: Condition[] = []
  let elements = 0
  collect(filter, [], undefined)
  return conditions

  function collect(part: Filter, prefix: Path, element: number | undefined): void {
    if (part.kind === 'and') {
      for (const clause of part.clauses) collect(clause, prefix, element)
    } else if (part.kind === 'not') {
      if ('path' in part.clause) add(part.clause.path, part, prefix, element)
    } else if (part.kind === 'elemMatchObject') {
      const inner = [...prefix, ...part.path]
      collect(part.filter, inner, element ?? elements++)
    } else if ('path' in part) {
      add(part.path, part, prefix, element)
    }
  }

  function add(path: Path, part: Filter, prefix: Path, element: number | undefined): void {
    // Inside `$elemMatch` a number may be a position in any of the arrays in an array; an index has the first one's.
    if (prefix.length > 0 && path[0]?.index !== -1) return
    conditions.push({ path: dottedPath([...prefix, ...path]), filter: part, element })
  }
}

/** The `$or`s that every match fulfils. */
export function alternativesOf(filter: Filter): (readonly Filter[])[] {
  if (filter.kind === 'or') return [filter.clauses]
  if (filter.kind === 'and') return filter.clauses.flatMap(alternativesOf)
  return []
}
