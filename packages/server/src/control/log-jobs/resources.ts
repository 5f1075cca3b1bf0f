import { type Cluster, clustersOf, type Host } from '../topology/host.js'
import type { LogOrder, LogResource } from './log-job.js'

/** The processes that a resource is made of, and what it is a part of. */
export interface Found {
  readonly hosts: readonly Host[]
  readonly root: LogOrder['root']
}

/**
 * A cluster by its id or name, a replica set by its name, a process by `host:port` or its id.
 * Undefined when there is none.
 */
export function findResource(
  hosts: readonly Host[],
  resource: LogResource,
  name: string,
): Found | undefined {
  const clusters = clustersOf(hosts)
  if (resource === 'PROCESS') {
    const host = hosts.find(
      ({ id, hostname, port }) =>
        id === name || `${hostname}:${port}`.toLowerCase() === name.toLowerCase(),
    )
    if (!host) return undefined
    return { hosts: [host], root: rootOf(host, clusters) }
  }
  const isNamed = ({ id, name: own, replicaSetName }: Cluster) =>
    id === name || (resource === 'CLUSTER' ? own === name : [own, replicaSetName].includes(name))
  const cluster = clusters.find(
    (one) => isNamed(one) && (resource === 'CLUSTER' || one.kind !== 'SHARDED_REPLICA_SET'),
  )
  if (!cluster) return undefined
  const members = hosts.filter(
    ({ clusterId, parentClusterId }) => clusterId === cluster.id || parentClusterId === cluster.id,
  )
  return { hosts: members, root: rootOf(members[0], clusters) }
}

function rootOf(host: Host, clusters: readonly Cluster[]): LogOrder['root'] {
  const { clusterId, parentClusterId, hostname, port } = host
  const root = clusters.find(({ id }) => id === (parentClusterId ?? clusterId))
  if (!root) return { resource: 'PROCESS', name: `${hostname}:${port}` }
  const isSharded = root.kind === 'SHARDED_REPLICA_SET'
  return { resource: isSharded ? 'CLUSTER' : 'REPLICASET', name: root.name }
}
