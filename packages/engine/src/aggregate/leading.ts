/** What leads a pipeline, split off for the planner, and the other way round. */
import { conjunction, type Filter } from '../query/filter.js'
import type { Leading } from './services.js'
import type { Stage } from './stage.js'
import { limitStage, skipStage } from './stages/limit.js'
import { filterStage } from './stages/match.js'
import { sortStage } from './stages/sort.js'

const EVERYTHING: Filter = { kind: 'alwaysTrue' }

/** Takes filters, then a sort, a skip and a limit off the front of the stages. */
export function splitLeading(stages: readonly Stage[]): { leading: Leading; rest: Stage[] } {
  const filters: Filter[] = []
  let at = 0
  while (stages[at]?.filter) filters.push(stages[at++].filter as Filter)
  const leading: { -readonly [K in keyof Leading]: Leading[K] } = {
    filter: filters.length > 0 ? conjunction(filters) : EVERYTHING,
  }
  if (stages[at]?.sort) {
    leading.sort = stages[at].sort
    // A limit that was drawn into the sort also ends what may lead.
    const { limit } = stages[at++]
    if (limit !== undefined) return { leading: { ...leading, limit }, rest: stages.slice(at) }
  }
  if (stages[at]?.skip !== undefined) leading.skip = stages[at++].skip
  if (stages[at]?.name === '$limit') leading.limit = stages[at++].limit
  return { leading, rest: stages.slice(at) }
}

/** The stages that do what leads a pipeline. */
export function leadingStages(leading: Leading): Stage[] {
  const stages: Stage[] = []
  if (leading.filter.kind !== 'alwaysTrue') stages.push(filterStage(leading.filter))
  const { sort, skip, limit } = leading
  if (sort) stages.push(sortStage(sort, limit === undefined ? undefined : limit + (skip ?? 0)))
  if (skip) stages.push(skipStage(skip))
  if (limit !== undefined) stages.push(limitStage(limit))
  return stages
}
