import { publicApi } from '@gantry/api'
import type { IndexKey } from '../../control/advisor/query-shape.js'
import type { SlowOperation } from '../../control/advisor/slow-operation.js'
import { type Period, plainIndexes, slowOperations } from '../../control/advisor/slow-operations.js'
import { type SlowShape, suggestIndexes } from '../../control/advisor/suggestions.js'
import { refusal } from '../../control/refusal.js'
import { mayInGroup } from '../../control/roles/roles.js'
import { hostIn } from './hosts.js'
import type { Json } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

const DAY_MS = 24 * 3_600_000
const MOST_NAMESPACES = 20
const MOST_LINES = 20_000
const EXAMPLES = 5

export const performanceAdvisorRoutes: readonly PublicRoute[] = [
  route(publicApi.listSlowNamespaces, async (call) => {
    const slow = await slowOperationsOf(call, [])
    const namespaces = [...new Set(slow.map(({ namespace }) => namespace))].sort()
    return {
      namespaces: namespaces
        .slice(0, MOST_NAMESPACES)
        .map((namespace) => ({ namespace, type: 'COLLECTION' })),
    }
  }),
  route(publicApi.listSlowQueries, async (call) => {
    const { namespaces, nLogs } = call.query
    const slow = await slowOperationsOf(call, namespaces)
    const most = atMost('nLogs', nLogs, MOST_LINES)
    return {
      slowQueries: slow.slice(-most).map(({ line, namespace }) => ({ line, namespace })),
    }
  }),
  route(publicApi.listSuggestedIndexes, suggest),
]

type AdvisorCall = Parameters<typeof hostIn>[0] & {
  readonly query: { readonly since: number | undefined; readonly duration: number | undefined }
  readonly now: () => number
}

async function slowOperationsOf(
  call: AdvisorCall,
  namespaces: readonly string[],
): Promise<SlowOperation[]> {
  const host = await hostIn(call)
  const slow = await slowOperations(await host.open(), periodOf(call))
  return slow.filter(({ namespace }) => namespaces.length === 0 || namespaces.includes(namespace))
}

/** The last day, unless somebody says since when, for how long, or both. */
function periodOf({ query: { since, duration }, now }: AdvisorCall): Period {
  if (since !== undefined && since < 0) throw refusal('INVALID_QUERY_PARAMETER', 'since')
  if (duration !== undefined && duration < 0) throw refusal('INVALID_QUERY_PARAMETER', 'duration')
  // What the process is about to tell is of the present, too.
  const open = Number.POSITIVE_INFINITY
  if (since === undefined) return { fromMs: now() - (duration ?? DAY_MS), toMs: open }
  if (since > now()) throw refusal('INVALID_DATE_RANGE', String(since), String(now()))
  return { fromMs: since, toMs: duration === undefined ? open : since + duration }
}

function atMost(name: string, wanted: number | undefined, otherwise: number): number {
  if (wanted === undefined) return otherwise
  if (wanted < 1) throw refusal('INVALID_QUERY_PARAMETER', name)
  return wanted
}

async function suggest(call: Call<typeof publicApi.listSuggestedIndexes>): Promise<Json> {
  const { caller, group, query } = call
  const slow = await slowOperationsOf(call, query.namespaces)
  const deployment = await (await hostIn(call)).open()
  const indexes = new Map<string, IndexKey[]>()
  for (const { namespace } of slow) {
    if (indexes.has(namespace)) continue
    indexes.set(namespace, await plainIndexes(deployment, namespace))
  }
  const most = atMost('nIndexes', query.nIndexes, Number.POSITIVE_INFINITY)
  const suggested = suggestIndexes(slow, (namespace) => indexes.get(namespace) ?? []).slice(0, most)
  const examples = atMost('nExamples', query.nExamples ?? query.NExamples, EXAMPLES)
  const maySeeData = mayInGroup(
    caller.roles,
    group,
    'GROUP_DATA_ACCESS_ADMIN',
    'GROUP_DATA_ACCESS_READ_WRITE',
    'GROUP_DATA_ACCESS_READ_ONLY',
  )
  const shapes = suggested.flatMap((index) => index.shapes)
  return {
    shapes: shapes.map((shape) => presentShape(shape, maySeeData ? examples : 0)),
    suggestedIndexes: suggested.map(({ id, namespace, key, weight, shapes: served }) => ({
      id,
      impact: served.map((shape) => shape.id),
      index: key.map(([field, direction]) => ({ [field]: direction })),
      namespace,
      weight,
    })),
  }
}

function presentShape(shape: SlowShape, examples: number): Json {
  const { id, namespace, operations, averageMs, inefficiency } = shape
  return {
    avgMs: averageMs,
    count: operations.length,
    id,
    inefficiencyScore: inefficiency,
    namespace,
    operations: examples === 0 ? [] : operations.slice(-examples).map(presentOperation),
  }
}

function presentOperation(operation: SlowOperation): Json {
  const { command, filter, sort, line, millis, returned, docsExamined, endedMs } = operation
  const isSorted = Object.keys(sort).length > 0
  return {
    predicates: [{ [command]: filter }, ...(isSorted ? [{ sort }] : [])],
    raw: line,
    stats: { ms: millis, nReturned: returned, nScanned: docsExamined, ts: endedMs },
  }
}
