import type { RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { dottedPath, type Filter } from './filter.js'

/** A field and the value that a filter demands of it. */
export type Equality = readonly [path: string, value: RawValue]

/**
 * The fields that a new document takes over from the filter of an upsert: those compared
 * with `$eq`, also through `$and`, and through `$or` and `$in` of one operand. Throws
 * NotSingleValueField when a field is demanded twice, or a field and one inside it.
 */
export function equalities(filter: Filter): Equality[] {
  const found: Equality[] = []
  collect(filter, found)
  return found
}

function collect(filter: Filter, found: Equality[]): void {
  switch (filter.kind) {
    case 'and':
      for (const clause of filter.clauses) collect(clause, found)
      break
    case 'or':
      if (filter.clauses.length === 1) collect(filter.clauses[0], found)
      break
    case 'eq':
      add(dottedPath(filter.path), filter.operand, found)
      break
    case 'in':
      if (filter.operands.length === 1 && filter.regexes.length === 0) {
        add(dottedPath(filter.path), filter.operands[0], found)
      }
      break
  }
}

function add(path: string, value: RawValue, found: Equality[]): void {
  for (const [other] of found) {
    if (other === path) {
      throw new CommandError(
        'NotSingleValueField',
        `cannot infer query fields to set, path '${path}' is matched twice`,
      )
    }
    if (other.startsWith(`${path}.`) || path.startsWith(`${other}.`)) {
      const [parent, child] = other.length < path.length ? [other, path] : [path, other]
      throw new CommandError(
        'NotSingleValueField',
        `cannot infer query fields to set, both paths '${child}' and '${parent}' are matched`,
      )
    }
  }
  found.push([path, value])
}
