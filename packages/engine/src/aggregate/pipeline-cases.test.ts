/** Pipelines over collections in memory, for the tests of stages; no tests of its own. */
import assert from 'node:assert/strict'
import { DateTime, type Doc, decodeDocument, encodeDocument, type Writable } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { rawValue } from './cases.test.js'
import { leadingStages } from './leading.js'
import { openPipeline, Pause, parsePipeline } from './pipeline.js'
import type { PipelineServices } from './services.js'
import { type DocumentStream, PAUSE } from './stream.js'

export type Plain = Record<string, Writable>

/** Services over collections by name. The source pauses before every third document. */
export function memoryServices(collections: Record<string, readonly Plain[]>): PipelineServices {
  const services: PipelineServices = {
    overdue: () => false,
    hasIndex: (_target, field) => field === 'indexed',
    read: (target, leading) => {
      const docs = (collections[target.collection] ?? []).map((doc) => encodeDocument(doc))
      let stream = pausing(docs)
      for (const stage of leadingStages(leading)) stream = stage.open(stream, services)
      return stream
    },
  }
  return services
}

function pausing(docs: readonly Buffer[]): DocumentStream {
  let at = 0
  let asked = 0
  return { next: () => (++asked % 3 === 0 ? PAUSE : docs[at++]) }
}

/** Runs a pipeline over the collection `c`, or over given documents in its place. */
export async function run(
  stages: readonly Plain[],
  documents: readonly Plain[] = [],
  others: Record<string, readonly Plain[]> = {},
  extra: Partial<PipelineServices> = {},
): Promise<Doc[]> {
  const services = { ...memoryServices({ c: documents, ...others }), ...extra }
  const own = stages[0] && '$documents' in stages[0]
  const pipeline = parsePipeline(rawValue(stages), {
    db: 'test',
    collection: own ? undefined : 'c',
    now: new DateTime(0n),
  })
  const stream = openPipeline(pipeline, { db: 'test', collection: 'c' }, services)
  const results: Doc[] = []
  for (let doc = stream.next(); doc !== undefined; doc = stream.next()) {
    if (doc instanceof Pause) await doc.ready
    else results.push(decodeDocument(doc))
  }
  return results
}

/** A decoded document of plain ones. */
export function doc(plain: Plain): Doc {
  return decodeDocument(encodeDocument(plain))
}

export async function expectDocuments(
  stages: readonly Plain[],
  documents: readonly Plain[],
  expected: readonly Plain[],
  others: Record<string, readonly Plain[]> = {},
): Promise<void> {
  assert.deepEqual(await run(stages, documents, others), expected.map(doc))
}

export async function codeOf(
  stages: readonly Plain[],
  documents: readonly Plain[] = [],
): Promise<number> {
  try {
    await run(stages, documents)
  } catch (error) {
    if (error instanceof CommandError) return error.code
    throw error
  }
  return assert.fail('no error')
}
