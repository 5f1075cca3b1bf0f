import { type Doc, encodeValue, findElement, type RawValue, type Value } from '@gantry/bson'
import { openPipeline, parsePipeline } from '../aggregate/pipeline.js'
import type { Collection } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import { findHint } from '../plan/hint.js'
import type { CommandContext } from './command.js'
import type { CursorSource } from './cursors.js'
import { expressionsFor } from './expressions.js'
import { pipelineServices } from './pipeline-services.js'
import { pipelineSource } from './pipeline-source.js'
import { collectionUnder } from './view-definition.js'

/** A query of a view, as a command was given it. */
export interface ViewQuery {
  readonly filter?: RawValue
  readonly sort?: RawValue
  readonly skip?: number
  readonly limit?: number
  readonly projection?: RawValue
  readonly hint?: RawValue
  readonly let?: RawValue
  readonly allowDiskUse?: boolean
}

/** The documents of a view that a query asks for: the query is a pipeline behind the view's own. */
export function viewSource(
  context: CommandContext,
  view: Collection,
  query: ViewQuery,
): CursorSource {
  const on = { db: view.db, collection: view.name }
  const pipeline = parsePipeline(stagesOf(query), {
    ...expressionsFor(context, query.let).options(),
    ...on,
  })
  const { catalog } = context
  const collection = catalog.find(view.db, collectionUnder(catalog, view))
  const services = pipelineServices(context, {
    hint: collection && findHint(collection, query.hint),
    target: collection && { db: view.db, collection: collection.name },
    allowDiskUse: query.allowDiskUse,
  })
  return pipelineSource(openPipeline(pipeline, on, services), services)
}

/** Bytes of an empty document. */
const EMPTY = 5

/** A query as the stages of a pipeline. */
export function stagesOf({ filter, sort, skip, limit, projection }: ViewQuery): RawValue {
  const stages: Doc[] = []
  const add = (name: string, argument: Value | RawValue) => {
    stages.push(new Map([[name, argument as Value]]))
  }
  if (filter) add('$match', filter)
  if (sort && sort.size > EMPTY) {
    if (findElement(sort.buf, sort.at, NATURAL) !== -1) refuseNatural()
    add('$sort', sort)
  }
  if (skip) add('$skip', BigInt(skip))
  if (limit) add('$limit', BigInt(limit))
  if (projection && projection.size > EMPTY) add('$project', projection)
  return encodeValue(stages)
}

/** Visits the documents of a view that a query asks for, letting others in between. */
export async function eachOfView(
  context: CommandContext,
  view: Collection,
  query: ViewQuery,
  visit: (doc: Buffer) => void,
): Promise<void> {
  const source = viewSource(context, view, query)
  try {
    for (let done = false; !done; ) {
      const batch = await source.next(context, { batchSize: BATCH })
      for (const doc of batch.docs) visit(doc)
      done = batch.done
    }
  } finally {
    source.close?.()
  }
}

const BATCH = 1000

const NATURAL = Buffer.from('$natural')

function refuseNatural(): never {
  throw new CommandError('InvalidPipelineOperator', 'Sort by $natural is not supported on a view')
}
