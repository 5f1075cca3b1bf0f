import {
  type Doc,
  Double,
  decodeDocument,
  type RawValue,
  readName,
  type Value,
  type Writable,
} from '@gantry/bson'
import type { Collection } from '../catalog/collection.js'
import { CommandError } from '../errors.js'
import type { Access, IndexAccess } from '../plan/access.js'
import { type Execution, type QueryRequest, startQuery } from '../plan/execution.js'
import { elementsOf } from '../query/elements.js'
import { arg, optional } from './args.js'
import { requireAction } from './authorize.js'
import { type CommandContext, command } from './command.js'
import { eachMatch } from './each-match.js'
import { readQuery } from './query-request.js'
import { isView } from './view-definition.js'

/** How a command would find its documents, and with `executionStats` what that takes. */
export const explain = command({
  name: 'explain',
  help: 'How a query finds its documents',
  access: 'authenticated',
  takesReadConcern: true,
  args: { explain: arg.document, verbosity: optional(arg.string) },
  async run(context, { explain: explained, verbosity = 'allPlansExecution' }) {
    if (!['queryPlanner', 'executionStats', 'allPlansExecution'].includes(verbosity)) {
      throw new CommandError(
        'BadValue',
        `Enumeration value '${verbosity}' for field 'explain.verbosity' is not a valid value.`,
      )
    }
    const { collectionName, args } = readExplained(explained)
    requireAction(context, 'find', { db: context.db, collection: collectionName })
    const collection = context.catalog.find(context.db, collectionName)
    if (collection && isView(collection)) {
      throw new CommandError('CommandNotSupported', 'explain is not supported on a view')
    }
    const request = readQuery(context, collection, args)
    const execution = collection && startQuery(context.view, collection, request)
    const queryPlanner = {
      namespace: `${context.db}.${collectionName}`,
      parsedQuery: args.filter ?? {},
      winningPlan: execution ? planOf(execution, request) : { stage: 'EOF' },
      rejectedPlans: (execution?.plan.rejected ?? []).map((access) => stageOf(access, args.filter)),
    }
    if (verbosity === 'queryPlanner') return { explainVersion: '1', queryPlanner }
    return {
      explainVersion: '1',
      queryPlanner,
      executionStats: await measure(context, collection, execution, request),
    }
  },
})

/** The parts of a find, count, distinct, update, delete or findAndModify that say which documents it is about. */
function readExplained(explained: RawValue) {
  const { buf, at } = explained
  const doc = decodeDocument(buf, at)
  const name = readName(buf, at + 5)
  const statement = firstStatement(doc, name)
  const filter = rawOf(
    explained,
    statement ? [...statement, 'q'] : [filterField[name] ?? refuse(name)],
  )
  const collectionName = doc.get(name)
  if (typeof collectionName !== 'string') {
    throw new CommandError('InvalidNamespace', 'collection name has invalid type')
  }
  return {
    collectionName,
    args: {
      filter,
      sort: rawOf(explained, ['sort']),
      projection: name === 'find' ? rawOf(explained, ['projection']) : undefined,
      hint: rawOf(explained, statement ? [...statement, 'hint'] : ['hint']),
      skip: numberOf(doc.get('skip')),
      limit: numberOf(doc.get('limit')),
    },
  }
}

const filterField: Readonly<Record<string, string>> = {
  find: 'filter',
  count: 'query',
  distinct: 'query',
  findAndModify: 'query',
}

function firstStatement(doc: Doc, name: string): readonly string[] | undefined {
  const list = name === 'update' ? 'updates' : name === 'delete' ? 'deletes' : undefined
  if (!list) return undefined
  const statements = doc.get(list)
  if (!Array.isArray(statements) || statements.length !== 1) {
    throw new CommandError('InvalidLength', 'explained write batches must be of size 1')
  }
  return [list, '0']
}

function refuse(name: string): never {
  throw new CommandError('CommandNotFound', `Explain failed due to unknown command: ${name}`)
}

function rawOf(document: RawValue, path: readonly string[]): RawValue | undefined {
  let value: RawValue | undefined = document
  for (const name of path) {
    const container: RawValue | undefined = value
    value =
      container &&
      elementsOf(container.buf, container.at).find((element) => element.name === name)?.value
  }
  return value
}

function numberOf(value: Value | undefined): number {
  return value instanceof Double ? value.value : Number(value ?? 0)
}

type Stage = Readonly<Record<string, Writable>>

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
