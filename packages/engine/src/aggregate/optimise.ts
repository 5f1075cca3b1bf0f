/** Rearranges stages where the result stays the same: filters come early, sorts learn of limits. */
import { conjunction, type Filter } from '../query/filter.js'
import type { Stage } from './stage.js'
import { limitStage } from './stages/limit.js'
import { filterStage } from './stages/match.js'
import { sortStage } from './stages/sort.js'

export function optimise(stages: readonly Stage[]): Stage[] {
  return limitSorts(filtersFirst(stages))
}

/** Moves each filter before stages that do not change the fields it looks at. */
function filtersFirst(stages: readonly Stage[]): Stage[] {
  const result: Stage[] = []
  for (const stage of stages) {
    if (!stage.filter) {
      result.push(stage)
      continue
    }
    let moving: Filter | undefined = stage.filter
    const clauses = stage.filter.kind === 'and' ? stage.filter.clauses : [stage.filter]
    let at = result.length
    const early = (previous: Stage) => clauses.filter((clause) => mayPass(clause, previous))
    while (at > 0 && early(result[at - 1]).length === clauses.length) at--
    if (at < result.length) {
      const before: Stage | undefined = result[at - 1]
      if (before?.filter) result[at - 1] = filterStage(conjunction([before.filter, moving]))
      else result.splice(at, 0, filterStage(moving))
      moving = undefined
    } else if (result[at - 1]?.filter) {
      result[at - 1] = filterStage(conjunction([result[at - 1].filter as Filter, moving]))
      moving = undefined
    }
    if (moving) result.push(stage)
  }
  return result
}

/** Whether a filter gives the same before a stage as behind it. */
function mayPass(filter: Filter, stage: Stage): boolean {
  if (stage.filter) return false
  if (stage.sort && stage.limit === undefined) return fieldsOf(filter) !== undefined
  if (!stage.changes) return false
  const fields = fieldsOf(filter)
  if (!fields) return false
  for (const field of fields) if (stage.changes.has(field)) return false
  return true
}

/** The first parts of the paths that a filter looks at; undefined when that cannot be told. */
function fieldsOf(filter: Filter): Set<string> | undefined {
  const fields = new Set<string>()
  return collect(filter, fields) ? fields : undefined
}

function collect(filter: Filter, fields: Set<string>): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
    case 'nor':
      return filter.clauses.every((clause) => collect(clause, fields))
    case 'not':
      return collect(filter.clause, fields)
    case 'alwaysTrue':
    case 'alwaysFalse':
      return true
    case 'expr':
    case 'jsonSchema':
    case 'sampleRate':
      return false
    default:
      fields.add(filter.path[0].name)
      return true
  }
}

/** A sort that a limit follows keeps only so many documents. */
function limitSorts(stages: readonly Stage[]): Stage[] {
  const result: Stage[] = []
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i]
    const next: Stage | undefined = stages[i + 1]
    if (stage.name !== '$sort' || !stage.sort || stage.limit !== undefined) {
      result.push(stage)
      continue
    }
    if (next?.name === '$limit') {
      result.push(sortStage(stage.sort, next.limit))
      i++
    } else if (next?.name === '$skip' && stages[i + 2]?.name === '$limit') {
      const limit = stages[i + 2].limit as number
      result.push(sortStage(stage.sort, (next.skip as number) + limit), next, limitStage(limit))
      i += 2
    } else result.push(stage)
  }
  return result
}
