import type { Deployment } from '../../services/deployment.js'
import type { Instance } from '../instances/instances.js'
import type { Measurable } from '../metrics/queries.js'
import type { ProcessFacts } from './facts.js'
import type { GoalHost } from './goal-hosts.js'
import type { HostRecord } from './host-record.js'

/** A MongoDB process, of an instance or one that somebody wants to be monitored. */
export interface Host {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly project: string
  readonly hostname: string
  readonly port: number
  /** Further names of its machine. */
  readonly aliases: readonly string[]
  /** Undefined: it belongs to none, or nobody knows yet. */
  readonly clusterId: string | undefined
  /** Of the whole cluster, where it is a part of one. */
  readonly clusterName: string | undefined
  readonly parentClusterId: string | undefined
  readonly shardName: string | undefined
  readonly replicaSetName: string | undefined
  readonly part: 'member' | 'mongos' | 'shard' | 'config'
  /** Undefined: it is none of an instance. */
  readonly instance: Instance | undefined
  /** Undefined: automation does not run it. */
  readonly automation: GoalHost | undefined
  readonly record: HostRecord | undefined
  /** Undefined until it has been reached. */
  readonly facts: ProcessFacts | undefined
  /** It was reached, but not now. */
  readonly isDown: boolean
  readonly createdMs: number
  open(): Promise<Deployment>
}

/** A replica set, or a sharded cluster and its parts, each as a cluster of its own. */
export interface Cluster {
  readonly id: string
  readonly project: string
  readonly name: string
  readonly kind: 'REPLICA_SET' | 'SHARDED_REPLICA_SET' | 'CONFIG_SERVER_REPLICA_SET'
  readonly replicaSetName: string | undefined
  readonly shardName: string | undefined
  /** The sharded cluster that it is a part of. */
  readonly parentId: string | undefined
  readonly instance: Instance | undefined
  /** When a member was reached last. */
  readonly heartbeatMs: number | undefined
  readonly hosts: readonly Host[]
}

/** Whether a host is known by a name, `host:port` being unique in a project. */
export function isAt(
  { hostname, port, aliases = [] }: HostNames,
  other: Omit<HostNames, 'aliases'>,
): boolean {
  const wanted = other.hostname.toLowerCase()
  return port === other.port && [hostname, ...aliases].some((name) => name.toLowerCase() === wanted)
}

interface HostNames {
  readonly hostname: string
  readonly port: number
  readonly aliases?: readonly string[]
}

/** Whether a cluster can be backed up: all of an instance, or of what automation runs. */
export function canBeBackedUp({ parentId, instance, hosts }: Cluster): boolean {
  const isKnown = instance !== undefined || hosts.some(({ automation }) => automation !== undefined)
  return parentId === undefined && isKnown
}

/** What its numbers are kept under. */
export function measurableOf({ id, instance }: Pick<Host, 'id' | 'instance'>): Measurable {
  return instance ?? { hostId: id }
}

/** The clusters that hosts make up, in the order of their first ones. */
export function clustersOf(hosts: readonly Host[]): Cluster[] {
  const byId = new Map<string, Host[]>()
  for (const host of hosts) {
    if (host.clusterId === undefined) continue
    byId.set(host.clusterId, [...(byId.get(host.clusterId) ?? []), host])
  }
  return [...byId].map(([id, members]) => clusterOf(id, members))
}

function clusterOf(id: string, hosts: readonly Host[]): Cluster {
  const [{ project, part, shardName, parentClusterId, instance, clusterName }] = hosts
  const set = hosts.find(({ replicaSetName }) => replicaSetName)?.replicaSetName
  const isPart = parentClusterId !== undefined
  const heard = hosts.flatMap(({ facts }) => facts?.atMs ?? [])
  const whole = instance?.name ?? clusterName ?? set ?? id
  return {
    id,
    project,
    name: isPart ? `${whole}-${shardName ?? 'config'}` : whole,
    kind: kindOf(part),
    replicaSetName: set,
    shardName,
    parentId: parentClusterId,
    instance,
    heartbeatMs: heard.length > 0 ? Math.max(...heard) : undefined,
    hosts,
  }
}

function kindOf(part: Host['part']): Cluster['kind'] {
  if (part === 'mongos') return 'SHARDED_REPLICA_SET'
  return part === 'config' ? 'CONFIG_SERVER_REPLICA_SET' : 'REPLICA_SET'
}
