import type { RawValue } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import type { QueryRequest } from '../plan/execution.js'
import { findHint } from '../plan/hint.js'
import { parseSort } from '../plan/sort-keys.js'
import { compileProjection } from '../project/projection.js'
import type { Filter } from '../query/filter.js'
import { parseFilter } from '../query/parse.js'
import type { CommandContext } from './command.js'
import { expressionsFor } from './expressions.js'

interface QueryArgs {
  readonly filter?: RawValue
  readonly sort?: RawValue
  readonly projection?: RawValue
  readonly hint?: RawValue
  readonly skip?: number
  readonly limit?: number
  readonly let?: RawValue
}

/** What the arguments of a query ask for; checks them all, also for a collection that does not exist. */
export function readQuery(
  context: CommandContext,
  collection: Collection | undefined,
  args: QueryArgs,
): QueryRequest {
  const filter = readFilter(context, args.filter, args.let)
  return {
    filter,
    sort: parseSort(args.sort),
    hint: collection && findHint(collection, args.hint),
    skip: args.skip,
    limit: args.limit,
    project: readProjection(context, args.projection, filter, args.let),
  }
}

export function readFilter(
  context: CommandContext,
  filter: RawValue | undefined,
  variables?: RawValue,
): Filter {
  if (!filter) return { kind: 'alwaysTrue' }
  return parseFilter(filter.buf, filter.at, { expression: expressionsFor(context, variables).test })
}

function readProjection(
  context: CommandContext,
  projection: RawValue | undefined,
  filter: Filter,
  variables?: RawValue,
): QueryRequest['project'] {
  if (!projection || projection.size <= 5) return undefined
  const { value } = expressionsFor(context, variables)
  const compiled = compileProjection(projection, { filter, expression: value })
  return (buf, doc) => compiled.apply(buf, doc)
}
