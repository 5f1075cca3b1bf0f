/** What configurations look at: hosts, replica sets, agents and so on, with what is told of them. */
import type { MatcherFieldName } from '../alert-configs/alert-config.js'
import type { MatchedFields } from '../alert-configs/matchers.js'
import type { Cluster, Host } from '../topology/host.js'
import type { AlertSubject, AlertValue } from './alert.js'
import type { Finding } from './life.js'

/** Something that a configuration may look at, and what was found of it. */
export interface Candidate extends Finding {
  readonly fields: MatchedFields
  /** Those of its fields that are not known now, so that it may be more than it seems. */
  readonly unknown?: readonly MatcherFieldName[]
}

/** Something that has happened, and is over. */
export interface Happening {
  /** The same for the same event, whoever finds it. */
  readonly once: string
  readonly atMs: number
  readonly target: string
  readonly subject: AlertSubject
  readonly fields: MatchedFields
  readonly value?: AlertValue
}

type Described = Pick<Candidate, 'target' | 'subject' | 'fields' | 'unknown'>

/** What only a process itself can tell. */
const ofProcess: readonly MatcherFieldName[] = [
  'TYPE_NAME',
  'REPLICA_SET_NAME',
  'SHARD_NAME',
  'CLUSTER_NAME',
]

/** A host, in the cluster that it is a member of. */
export function hostDescribed(host: Host, clusters: readonly Cluster[]): Described {
  const { id, hostname, port, clusterId, parentClusterId, shardName, facts } = host
  const cluster = clusters.find((one) => one.id === clusterId)
  const parent = clusters.find((one) => one.id === parentClusterId)
  const name = hostPortOf(host)
  const replicaSetName = host.replicaSetName ?? cluster?.replicaSetName
  return {
    target: id,
    subject: {
      name,
      hostId: id,
      hostnameAndPort: name,
      ...(clusterId !== undefined && { clusterId }),
      ...(cluster && { clusterName: cluster.name }),
      ...(replicaSetName !== undefined && { replicaSetName }),
      ...(host.instance && { instance: host.instance.id }),
    },
    fields: {
      HOSTNAME: [hostname, ...host.aliases],
      PORT: [String(port)],
      HOSTNAME_AND_PORT: [
        name,
        ...host.aliases.map((alias) => hostPortOf({ hostname: alias, port })),
      ],
      TYPE_NAME: typesOf(host),
      REPLICA_SET_NAME: present(replicaSetName),
      SHARD_NAME: present(shardName),
      CLUSTER_NAME: present(cluster?.name, parent?.name),
    },
    unknown: facts ? [] : ofProcess,
  }
}

/** A replica set or a sharded cluster. */
export function clusterDescribed(cluster: Cluster, clusters: readonly Cluster[]): Described {
  const { id, name, replicaSetName, shardName, instance, hosts } = cluster
  const parent = clusters.find((one) => one.id === cluster.parentId)
  return {
    target: id,
    subject: {
      name,
      clusterId: id,
      clusterName: name,
      ...(replicaSetName !== undefined && { replicaSetName }),
      ...(instance && { instance: instance.id }),
    },
    fields: {
      HOSTNAME: hosts.map(({ hostname }) => hostname),
      PORT: hosts.map(({ port }) => String(port)),
      HOSTNAME_AND_PORT: hosts.map(hostPortOf),
      REPLICA_SET_NAME: present(replicaSetName),
      SHARD_NAME: present(shardName),
      CLUSTER_NAME: present(name, parent?.name),
    },
    unknown: replicaSetName === undefined ? ['REPLICA_SET_NAME'] : [],
  }
}

/** `host:port`, as measurements and clients call it. */
export function hostPortOf({ hostname, port }: Pick<Host, 'hostname' | 'port'>): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}

/** What a matcher may call the type of a host; one of configuration servers is more than that. */
function typesOf({ facts, part }: Host): string[] {
  if (!facts) return part === 'mongos' ? ['MONGOS'] : []
  const config = part === 'config' || facts.isConfigServer ? ['CONFIG'] : []
  return facts.role === 'OTHER' ? config : [...config, facts.role]
}

function present(...values: readonly (string | undefined)[]): string[] {
  return values.filter((value) => value !== undefined)
}
