import type { Doc, RawValue, Writable } from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import type { Access, IndexAccess } from '../plan/access.js'
import { type Execution, type QueryRequest, startQuery } from '../plan/execution.js'
import type { CommandContext } from './command.js'
import { eachMatch } from './each-match.js'

export const verbosities = ['queryPlanner', 'executionStats', 'allPlansExecution'] as const
export type Verbosity = (typeof verbosities)[number]

/** How a query of a collection finds its documents, with the figures of running it where they are asked for. */
export async function explainQuery(
  context: CommandContext,
  name: string,
  collection: Collection | undefined,
  request: QueryRequest,
  filter: RawValue | undefined,
  verbosity: Verbosity,
): Promise<Record<string, Writable>> {
  const execution = collection && startQuery(context.view, collection, request)
  const queryPlanner = {
    namespace: `${context.db}.${name}`,
    parsedQuery: filter ?? {},
    winningPlan: execution ? planOf(execution, request) : { stage: 'EOF' },
    rejectedPlans: (execution?.plan.rejected ?? []).map((access) => stageOf(access, filter)),
  }
  if (verbosity === 'queryPlanner') return { queryPlanner }
  const executionStats = await measure(context, collection, execution, request)
  return { queryPlanner, executionStats }
}

/** A step of a plan, as `explain` shows it. */
export type Stage = Readonly<Record<string, Writable>>

function planOf({ plan }: Execution, request: QueryRequest): Stage {
  let stage: Stage = stageOf(plan.access, undefined)
  if (!plan.sorted && request.sort?.kind === 'fields') {
    const pattern = new Map(
      request.sort.fields.map(({ dotted, descending }) => [dotted, descending ? -1 : 1]),
    )
    stage = { stage: 'SORT', sortPattern: pattern, inputStage: stage }
  }
  if (request.skip) stage = { stage: 'SKIP', skipAmount: request.skip, inputStage: stage }
  if (request.limit) stage = { stage: 'LIMIT', limitAmount: request.limit, inputStage: stage }
  if (request.project) stage = { stage: 'PROJECTION_DEFAULT', inputStage: stage }
  return stage
}

function stageOf(access: Access, filter: RawValue | undefined): Stage {
  switch (access.kind) {
    case 'nothing':
      return { stage: 'EOF' }
    case 'collection':
      return { stage: 'COLLSCAN', direction: access.reverse ? 'backward' : 'forward' }
    case 'id':
      return { stage: 'IDHACK' }
    case 'index':
      return { stage: 'FETCH', ...(filter && { filter }), inputStage: indexScan(access) }
    case 'or':
      return {
        stage: 'FETCH',
        inputStage: {
          stage: 'OR',
          inputStages: access.branches.map((branch) => stageOf(branch, undefined)),
        },
      }
  }
}

function indexScan({ index, bounds, reverse }: IndexAccess): Stage {
  return {
    stage: 'IXSCAN',
    keyPattern: index.spec.get('key') as Doc,
    indexName: index.name,
    isMultiKey: index.multikey !== 0,
    isUnique: index.unique,
    isSparse: index.sparse,
    isPartial: index.partialFilter !== undefined,
    indexVersion: 2,
    direction: reverse ? 'backward' : 'forward',
    // Keys cannot be turned back into values, so the bounds are shown as keys.
    indexBounds: new Map(
      index.fields.map((field, i) => [field.dotted, bounds.fields[i].map(intervalText)]),
    ),
  }
}

function intervalText({ low, high }: { low: Buffer; high: Buffer }): string {
  return `[${low.toString('hex') || 'MinKey'}, ${high.length === 2 && high[0] === 0xff ? 'MaxKey' : high.toString('hex')})`
}

async function measure(
  context: CommandContext,
  collection: Collection | undefined,
  execution: Execution | undefined,
  request: QueryRequest,
): Promise<Writable> {
  const start = performance.now()
  let nReturned = 0
  if (collection && execution) {
    await eachMatch(context, collection, execution, () => {
      nReturned++
      return true
    })
  }
  return {
    executionSuccess: true,
    nReturned,
    executionTimeMillis: Math.round(performance.now() - start),
    totalKeysExamined: execution?.keysExamined ?? 0,
    totalDocsExamined: execution?.docsExamined ?? 0,
    executionStages: execution ? planOf(execution, request) : { stage: 'EOF' },
  }
}
