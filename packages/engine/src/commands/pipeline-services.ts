import { type Doc, encodeDocument, RawValue, type Value } from '@gantry/bson'
import { leadingStages } from '../aggregate/leading.js'
import {
  type DocumentStream,
  type Leading,
  openPipeline,
  Pause,
  type PipelineServices,
  parsePipeline,
  type Target,
} from '../aggregate/pipeline.js'
import type { Collection } from '../catalog/collection.js'
import { type Execution, type QueryRequest, SLICE_MS, startQuery } from '../plan/execution.js'
import type { Hint } from '../plan/hint.js'
import type { CommandContext } from './command.js'
import type { ReadContext } from './cursors.js'
import { mergeDocuments, requireMergeKey } from './merge-documents.js'
import { replaceCollection } from './replace-collection.js'
import { statisticsOf } from './stage-statistics.js'
import { MAX_VIEW_DEPTH, tooDeep } from './view-definition.js'
import { queryMemory } from './working-memory.js'

/** What a running pipeline gets from the engine, and the time that it may take at a stretch. */
export interface RunningServices extends PipelineServices {
  /** A batch is being made on behalf of a command: from now on it reads what the command sees. */
  resume(context: ReadContext): void
  /** Gives back what stages have put on disk. */
  close(): void
}

export function pipelineServices(
  context: CommandContext,
  options: { hint?: Hint; target?: Target; allowDiskUse?: boolean } = {},
): RunningServices {
  let current: ReadContext = context
  let sliceEnd = performance.now() + SLICE_MS
  let viewDepth = 0
  const memory = queryMemory(context, options.allowDiskUse, failureOf(options.target))

  function read(target: Target, leading: Leading): DocumentStream {
    const collection = current.catalog.find(target.db, target.collection)
    if (!collection) return { next: () => undefined }
    if (collection.options.has('viewOn')) return readView(collection, leading)
    const hint = options.target?.collection === target.collection ? options.hint : undefined
    const request = requestOf(leading, hint)
    const execution = startQuery(current.view, collection, request, memory)
    return executionStream(() => current, collection, execution)
  }

  function readView(view: Collection, leading: Leading): DocumentStream {
    if (++viewDepth > MAX_VIEW_DEPTH) throw tooDeep()
    const collection = view.options.get('viewOn') as string
    const pipeline = parsePipeline(storedPipeline(view.options), { db: view.db, collection })
    let stream = openPipeline(pipeline, { db: view.db, collection }, services)
    for (const stage of leadingStages(leading)) stream = stage.open(stream, services)
    viewDepth--
    return stream
  }

  const services: RunningServices = {
    memory,
    close: () => memory.close(),
    read,
    resume(next) {
      current = next
      sliceEnd = performance.now() + SLICE_MS
    },
    overdue: () => performance.now() >= sliceEnd,
    hasIndex(target, field) {
      const collection = current.catalog.find(target.db, target.collection)
      return (
        collection?.indexes.some(
          (index) =>
            index.fields[0].dotted === field && !index.building && !index.covers && !index.sparse,
        ) ?? false
      )
    },
    merge: (target, rule, documents) => mergeDocuments(context, target, rule, documents),
    checkMergeKey: (target, on) =>
      requireMergeKey(current.catalog.find(target.db, target.collection), on),
    replace: (target) => replaceCollection(context, target),
    statistics: (stage, target, statisticsOptions) =>
      statisticsOf(context, stage, target, statisticsOptions),
  }
  return services
}

function failureOf(target: Target | undefined): string {
  const namespace = target ? ` on namespace: ${target.db}.${target.collection}` : ''
  return `Executor error during aggregate command${namespace}`
}

/** The stages of a view. */
export function storedPipeline(options: Doc): RawValue {
  const wrapped = encodeDocument(new Map([['p', options.get('pipeline') as Value]]))
  return new RawValue(wrapped, 0x04, 7, wrapped.length - 8)
}

/** What leads a pipeline, as a query. */
export function requestOf(
  { filter, sort, skip, limit }: Leading,
  hint: Hint | undefined,
): QueryRequest {
  return {
    filter,
    sort: sort && { kind: 'fields', fields: sort },
    skip,
    limit,
    hint,
  }
}

/** Documents fetched at a time. */
const CHUNK = 64

/** The results of a query as a stream that pauses when it has held the event loop long enough. */
function executionStream(
  context: () => ReadContext,
  collection: Collection,
  execution: Execution,
): DocumentStream {
  let fetched: Buffer[] = []
  let at = 0
  let done = false
  return {
    next() {
      if (at < fetched.length) return fetched[at++]
      fetched = []
      at = 0
      while (!done) {
        const { catalog, view } = context()
        const now = catalog.findById(collection.id)
        if (!now) return undefined
        const state = execution.run(view, now, (doc) => {
          fetched.push(doc)
          return fetched.length < CHUNK
        })
        done = state === 'done'
        if (fetched.length > 0) return fetched[at++]
        if (!done) return new Pause()
      }
      return undefined
    },
  }
}
