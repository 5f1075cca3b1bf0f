import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ObjectId } from '@gantry/bson'
import { writePrivateFile } from '../../data-dir/private-file.js'
import type { RunningElasticsearch, ServiceDriver, ServicePort, ServiceSpec } from '../driver.js'
import { freePort } from '../free-port.js'
import { pipeTo } from '../pipe.js'
import { type SupervisedProcess, startProcess } from '../process.js'
import { connectElasticsearch } from './connect.js'
import { type Distribution, distributionIn } from './distribution.js'
import {
  type ClusterPlan,
  type NodePlan,
  nodeFolder,
  nodeName,
  nodeSettings,
} from './node-settings.js'
import { connectCluster, HTTP_PORTS } from './running.js'
import { backUpSnapshot, restoreSnapshot } from './snapshots.js'

export interface ManagedElasticsearchOptions {
  /** The folder of an unpacked distribution; undefined: none is installed. */
  readonly home: string | undefined
  /** Memory of each node's Java heap, in MiB. */
  readonly heapMb: number
}

const PORTS: readonly ServicePort[] = [
  ...HTTP_PORTS,
  { name: 'transport', offset: 30_000, tls: false },
]

/** A Java process takes its time. */
const READY_MS = 180_000
const STOP_MS = 30_000
/** Named as in the distribution; a node needs them beside its settings. */
const COMPANIONS = ['jvm.options', 'log4j2.properties']

/** Clusters of one or several nodes on this machine, of a distribution that is installed here. */
export function managedElasticsearch(
  options: ManagedElasticsearchOptions,
): ServiceDriver<RunningElasticsearch> {
  return {
    service: 'elasticsearch',
    mode: 'managed',
    ports: PORTS,
    async check() {
      await distributionIn(options.home)
    },
    async start(spec, { folder }) {
      const distribution = await distributionIn(options.home)
      const cluster = await startCluster(distribution, options, resolve(folder))
      try {
        return await serve(cluster, spec, resolve(folder))
      } catch (error) {
        await cluster.stop()
        throw error
      }
    },
  }
}

type Cluster = Awaited<ReturnType<typeof startCluster>>

async function startCluster(
  distribution: Distribution,
  { heapMb }: ManagedElasticsearchOptions,
  folder: string,
) {
  const snapshots = join(folder, 'snapshots')
  await mkdir(snapshots, { recursive: true, mode: 0o700 })
  const nodes = await readNodes(folder)
  const running: { readonly node: NodePlan; readonly process: SupervisedProcess }[] = []
  const builds = new Map<string, Promise<void>>()

  /** Settings name the nodes that were there when a node was first made, so that they stay the same. */
  function planFor(node: NodePlan): ClusterPlan {
    const known = nodes.filter(({ index }) => index <= node.index)
    return {
      name: `gantry-${folder.split(/[\\/]/).at(-1)}`,
      folder,
      nodes: known,
      snapshotFolders: [snapshots],
    }
  }

  async function startNode(node: NodePlan): Promise<void> {
    const process = await startProcess(await processOf(distribution, planFor(node), node, heapMb))
    running.push({ node, process })
  }

  async function stop(): Promise<void> {
    await Promise.allSettled(builds.values())
    // The first node, which formed the cluster, is the last to leave it.
    for (const { process } of running.splice(0).reverse()) await process.stop()
  }

  try {
    for (const node of nodes) await startNode(node)
  } catch (error) {
    await stop()
    throw error
  }

  return {
    running,
    builds: () => [...builds.keys()],
    stop,
    snapshots,
    async addNode(): Promise<string> {
      const build = new ObjectId().toHexString()
      const node = await newNode((nodes.at(-1)?.index ?? -1) + 1)
      nodes.push(node)
      await writeNodes(folder, nodes)
      const started = startNode(node).finally(() => builds.delete(build))
      // One that does not start is tried again with the next start of the instance.
      builds.set(
        build,
        started.catch(() => {}),
      )
      return build
    },
  }
}

async function serve(
  cluster: Cluster,
  spec: ServiceSpec,
  folder: string,
): Promise<RunningElasticsearch> {
  const urls = () => cluster.running.map(({ node }) => urlOf(node))
  const { client, service } = await connectCluster({
    address: { nodes: urls() },
    folder,
    user: spec,
    nodes: urls,
  })
  return {
    ...service,
    accept(socket, peer, port) {
      if (port !== 'transport') return service.accept(socket, peer, port)
      const [{ node }] = cluster.running
      return pipeTo(socket, { host: '127.0.0.1', port: node.transportPort })
    },
    addDataNode: cluster.addNode,
    async dataNodes() {
      const { active } = await service.dataNodes()
      return { active, builds: cluster.builds() }
    },
    logs: (count) =>
      Promise.all(
        cluster.running.map(async ({ node, process }) => ({
          host: `127.0.0.1:${node.httpPort}`,
          process: nodeName(node),
          pid: process.pid ?? 0,
          lines: await process.log(count),
        })),
      ),
    backup: (sink, options) => backUpSnapshot(client, cluster.snapshots, sink, options),
    restore: (source, options) => restoreSnapshot(client, cluster.snapshots, source, options),
    async stop() {
      await service.stop()
      await cluster.stop()
    },
  }
}

const urlOf = ({ httpPort }: NodePlan) => `http://127.0.0.1:${httpPort}`

async function processOf(
  distribution: Distribution,
  cluster: ClusterPlan,
  node: NodePlan,
  heapMb: number,
) {
  const { family, home, command } = distribution
  const folder = nodeFolder(cluster, node)
  const prefix = family === 'opensearch' ? 'OPENSEARCH' : 'ES'
  const companions = COMPANIONS.map(async (name) => [
    name,
    await readFile(join(home, 'config', name), 'utf8'),
  ])
  return {
    name: `${family} ${nodeName(node)} in ${cluster.folder}`,
    // Where the settings are can be said in no other way than by variables.
    command: 'env',
    args: [
      `${prefix}_PATH_CONF=${folder}`,
      `${prefix}_JAVA_OPTS=-Xms${heapMb}m -Xmx${heapMb}m`,
      command,
    ],
    folder,
    files: {
      ...(Object.fromEntries(await Promise.all(companions)) as { [name: string]: string }),
      [`${family}.yml`]: nodeSettings(distribution, cluster, node),
    },
    ready: () => answers(urlOf(node)),
    readyMs: READY_MS,
    stopMs: STOP_MS,
  }
}

async function answers(url: string): Promise<void> {
  const client = await connectElasticsearch({ nodes: [url] })
  try {
    await client.request('GET', '/_cluster/health')
  } finally {
    await client.close()
  }
}

async function newNode(index: number): Promise<NodePlan> {
  return { index, httpPort: await freePort(), transportPort: await freePort() }
}

const nodesFile = (folder: string) => join(folder, 'nodes.json')

/** A new cluster has one node. */
async function readNodes(folder: string): Promise<NodePlan[]> {
  try {
    return JSON.parse(await readFile(nodesFile(folder), 'utf8')) as NodePlan[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const nodes = [await newNode(0)]
    await writeNodes(folder, nodes)
    return nodes
  }
}

async function writeNodes(folder: string, nodes: readonly NodePlan[]): Promise<void> {
  await writePrivateFile(nodesFile(folder), JSON.stringify(nodes))
}
