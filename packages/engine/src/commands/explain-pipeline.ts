import {
  type Doc,
  decodeDocument,
  encodeDocument,
  RawValue,
  type Value,
  type Writable,
} from '@gantry/bson'
import { type Pipeline, parsePipeline } from '../aggregate/pipeline.js'
import type { Collection } from '../catalog/collection.js'
import { findHint } from '../plan/hint.js'
import { valuesOf } from '../query/elements.js'
import { requireAction } from './authorize.js'
import type { CommandContext } from './command.js'
import { explainQuery, type Verbosity } from './explain-plan.js'
import { expressionsFor } from './expressions.js'
import { requestOf, storedPipeline } from './pipeline-services.js'
import { isView } from './view-definition.js'

interface Explained {
  readonly pipeline: RawValue
  readonly verbosity: Verbosity
  readonly hint?: RawValue
  readonly let?: RawValue
}

/** What finds the documents of a pipeline, and the stages that they go through. */
interface Steps {
  /** Undefined where the first stage makes the documents. */
  readonly cursor?: Record<string, Writable>
  readonly stages: readonly Doc[]
}

/**
 * How an aggregation finds its documents, and what is then done with them. With `executionStats`
 * the documents are looked for, but no stage runs: some write.
 */
export async function explainPipeline(
  context: CommandContext,
  name: string | undefined,
  explained: Explained,
): Promise<Record<string, Writable>> {
  const { db } = context
  const pipeline = parse(context, name, explained)
  requireAction(context, 'find', { db, collection: name ?? '$cmd.aggregate' })
  for (const target of pipeline.targets) requireAction(context, 'find', target)
  const { cursor, stages } = await stepsOf(context, name, pipeline, explained)
  if (cursor && stages.length === 0) return { explainVersion: '1', ...cursor }
  return { explainVersion: '1', stages: [...(cursor ? [{ $cursor: cursor }] : []), ...stages] }
}

function parse(
  context: CommandContext,
  collection: string | undefined,
  { pipeline, let: variables }: Explained,
): Pipeline {
  const options = expressionsFor(context, variables).options()
  return parsePipeline(pipeline, { ...options, db: context.db, collection })
}

async function stepsOf(
  context: CommandContext,
  name: string | undefined,
  pipeline: Pipeline,
  explained: Explained,
): Promise<Steps> {
  const { db, catalog } = context
  const given = valuesOf(explained.pipeline).map(({ buf, at }) => decodeDocument(buf, at))
  if (pipeline.ownSource || name === undefined) return { stages: given }
  const collection = catalog.find(db, name)
  if (collection && isView(collection)) return stepsOfView(context, collection, explained, given)
  const request = requestOf(pipeline.leading, collection && findHint(collection, explained.hint))
  const { verbosity } = explained
  const filter = leadingFilter(given)
  const cursor = await explainQuery(context, name, collection, request, filter, verbosity)
  return { cursor, stages: remaining(pipeline, given) }
}

/** A view's own pipeline comes first, as it runs first. */
async function stepsOfView(
  context: CommandContext,
  { options }: Collection,
  { verbosity }: Explained,
  given: readonly Doc[],
): Promise<Steps> {
  const own = { pipeline: storedPipeline(options), verbosity }
  const on = options.get('viewOn') as string
  const { cursor, stages } = await stepsOf(context, on, parse(context, on, own), own)
  return { cursor, stages: [...stages, ...given] }
}

/** The filter of a first `$match`, for show. */
function leadingFilter([first]: readonly Doc[]): RawValue | undefined {
  const filter = first?.get('$match')
  return filter instanceof Map ? RawValue.document(encodeDocument(filter)) : undefined
}

/** The stages that are left when the planner has taken the leading ones, as they were given where they are the same. */
function remaining({ stages }: Pipeline, given: readonly Doc[]): Doc[] {
  const shown: Doc[] = []
  let before = given.length
  for (const { name } of [...stages].reverse()) {
    const at = given.findLastIndex((stage, i) => i < before && stage.has(name))
    if (at !== -1) before = at
    shown.unshift(at === -1 ? new Map<string, Value>([[name, new Map()]]) : given[at])
  }
  return shown
}
