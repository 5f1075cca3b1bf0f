import { Double, type Value, type Writable } from '@gantry/bson'
import type { Control } from '../../control/control.js'
import type { Instance } from '../../control/instances/instances.js'
import { numberOf, valueAt } from '../../control/reply.js'
import type { Node } from '../../control/shards/nodes.js'
import type { Shard } from '../../control/shards/shards.js'
import { presentStatus } from '../server-status.js'
import { whole } from './values.js'

/** What is told of a node, in this order; what a server does not have is zero. */
const SECTIONS = [
  'asserts',
  'backgroundFlushing',
  'cursors',
  'globalLock',
  'indexCounters',
  'locks',
  'metrics',
  'network',
  'ok',
  'opcounters',
  'opcountersRepl',
  'pid',
  'recordStats',
  'uptime',
  'uptimeMillis',
  'version',
  'writeBacksQueued',
] as const

const OPERATIONS = ['command', 'delete', 'getmore', 'insert', 'query', 'update'] as const

type Fields = { readonly [field: string]: Writable }

/** How many operations a node has done, by kind: these six, and nothing within them. */
export function opcountersOf({ status }: Pick<Node, 'status'>) {
  return Object.fromEntries(
    OPERATIONS.map((kind) => [kind, whole(numberOf(valueAt(status, 'opcounters', kind)))]),
  )
}

/** A shard as all its nodes together, and each of them. */
export interface ShardStatistics {
  readonly shard: Fields
  readonly nodes: ReadonlyMap<string, Fields>
  readonly replicationLag: number
}

export async function shardStatistics(
  control: Control,
  instance: Instance,
  shard: Shard,
): Promise<ShardStatistics> {
  const databases = await control.databases.names(instance)
  const nodes = (await control.nodes.of(instance, shard)).map(
    (node) => [node.host, present(node, instance, databases)] as const,
  )
  const summed = nodes.map(([, fields]) => fields).reduce((a, b) => sumFields(a, b))
  const { connections: _, ...told } = summed
  return {
    shard: { ...told, connections: summed.connections },
    nodes: new Map(nodes.map(([host, { connections: _, ...fields }]) => [host, fields])),
    replicationLag: await control.status.replicationLag(instance),
  }
}

function present(node: Node, instance: Instance, databases: readonly string[]): Fields {
  const status: Fields = presentStatus(node.status, instance, databases)
  const fields: Record<string, Writable> = {}
  for (const section of SECTIONS) fields[section] = withoutLists(status[section] ?? {})
  return {
    ...fields,
    opcounters: opcountersOf(node),
    opcountersRepl: status.opcountersRepl ?? {},
    pid: whole(numberOf(status.pid as Value | undefined)),
    uptimeMillis: whole(numberOf(status.uptimeMillis as Value | undefined)),
    connections: withoutLists(status.connections ?? {}),
  }
}

/** Clients add the documents of shards up, and cannot do so with lists of documents. */
function withoutLists(value: Writable): Writable {
  const entries = entriesOf(value)
  if (!entries) return value
  const kept = entries.filter(([, inner]) => !Array.isArray(inner))
  return new Map(kept.map(([name, inner]) => [name, withoutLists(inner)]))
}

/** Documents with the sums of what is in both; of what cannot be added the first. */
export function sumFields(a: Fields, b: Fields): Fields {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return Object.fromEntries([...names].map((name) => [name, sum(a[name], b[name])]))
}

function sum(a: Writable | undefined, b: Writable | undefined): Writable {
  if (a === undefined || b === undefined) return (a ?? b) as Writable
  const [inA, inB] = [entriesOf(a), entriesOf(b)]
  if (inA && inB) return sumFields(Object.fromEntries(inA), Object.fromEntries(inB))
  if (!isNumber(a) || !isNumber(b)) return a
  const total = numberOf(a) + numberOf(b)
  return a instanceof Double || b instanceof Double ? new Double(total) : whole(total)
}

function isNumber(value: Writable): value is Double | number | bigint {
  return value instanceof Double || typeof value === 'number' || typeof value === 'bigint'
}

/** Of a document in either form; undefined for anything else. */
function entriesOf(value: Writable): [string, Writable][] | undefined {
  if (value instanceof Map) return [...value]
  const isPlain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  return isPlain ? (Object.entries(value) as [string, Writable][]) : undefined
}
