import { join } from 'node:path'
import type { Distribution } from './distribution.js'

/** One node of a managed cluster. */
export interface NodePlan {
  /** Its position, from 0; the first of all forms the cluster. */
  readonly index: number
  readonly httpPort: number
  readonly transportPort: number
}

export interface ClusterPlan {
  readonly name: string
  /** Of the instance; each node has one below it. */
  readonly folder: string
  readonly nodes: readonly NodePlan[]
  /** Folders in which snapshots may be made. */
  readonly snapshotFolders: readonly string[]
}

export const nodeName = ({ index }: NodePlan) => `node-${index}`

export function nodeFolder({ folder }: ClusterPlan, node: NodePlan): string {
  return join(folder, nodeName(node))
}

/**
 * The settings file of a node, in the words of its version. It listens on loopback only, and
 * without security of its own: users arrive at the gateway, which asks for them.
 */
export function nodeSettings(
  { family, major }: Distribution,
  cluster: ClusterPlan,
  node: NodePlan,
): string {
  const { name, nodes, snapshotFolders } = cluster
  const folder = nodeFolder(cluster, node)
  const isCurrent = family === 'opensearch' || major >= 7
  const seeds = nodes.map(({ transportPort }) => `127.0.0.1:${transportPort}`)
  const settings = {
    'cluster.name': name,
    'node.name': nodeName(node),
    'network.host': '127.0.0.1',
    'http.port': node.httpPort,
    [isCurrent ? 'transport.port' : 'transport.tcp.port']: node.transportPort,
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'path.repo': snapshotFolders,
    ...(isCurrent
      ? {
          'discovery.seed_hosts': seeds,
          [firstNodes(family)]: [nodeName(nodes[0])],
        }
      : {
          'discovery.zen.ping.multicast.enabled': major === 1 ? false : undefined,
          'discovery.zen.ping.unicast.hosts': seeds,
        }),
    ...(family === 'elasticsearch' && major >= 7 && { 'xpack.security.enabled': false }),
    ...(family === 'elasticsearch' && major >= 8 && { 'ingest.geoip.downloader.enabled': false }),
    ...(family === 'opensearch' && { 'plugins.security.disabled': true }),
  }
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([setting, value]) => `${setting}: ${JSON.stringify(value)}\n`)
    .join('')
}

function firstNodes(family: Distribution['family']): string {
  return family === 'opensearch'
    ? 'cluster.initial_cluster_manager_nodes'
    : 'cluster.initial_master_nodes'
}
