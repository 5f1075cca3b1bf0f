import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeDocument } from '@gantry/bson'
import { readFileIfThere, writePrivateFile } from '../../data-dir/private-file.js'
import { AppError } from '../../errors.js'
import {
  type HostLog,
  PLAIN_AND_TLS,
  type RunningMongodb,
  type ServiceDriver,
  type ServiceSpec,
} from '../driver.js'
import { freePort } from '../free-port.js'
import { pipeTo } from '../pipe.js'
import { endLeftover, type SupervisedProcess, startProcess } from '../process.js'
import { clusterStatistics } from './cluster-statistics.js'
import { deploymentSource } from './deployment-source.js'
import {
  CONFIG_FILE,
  configOf,
  hostOf,
  KEY_FILE,
  type Layout,
  type Node,
  newLayout,
  shapeOf,
} from './managed-layout.js'
import { setUp } from './managed-setup.js'
import { findMongodbProgram, type MongodbProgram, type MongodbPrograms } from './mongod-program.js'
import { openRemote, type RemoteDeployment } from './remote.js'
import { restoreMongodb } from './restore-backup.js'
import { writeBackup } from './write-backup.js'

export interface ManagedMongodbOptions extends MongodbPrograms {
  /** Told of processes that died. */
  readonly warn?: (message: string) => void
}

/** How long a server may take to end in order, of the ten seconds that a whole stop may take. */
const STOP_MS = 6_000
const LAYOUT_FILE = 'layout.json'

interface Running {
  readonly node: Node
  readonly process: SupervisedProcess
}

/** MongoDB as processes of ours: one server, a replica set, or a sharded cluster, on loopback only. */
export function managedMongodb(options: ManagedMongodbOptions = {}): ServiceDriver<RunningMongodb> {
  return {
    service: 'mongodb',
    mode: 'managed',
    ports: PLAIN_AND_TLS,
    async check(spec) {
      const mongod = await findMongodbProgram('mongod', options)
      const { shards } = shapeOf(spec, mongod.isEngine)
      if (shards > 0) await findMongodbProgram('mongos', options)
    },
    async start(spec, { folder }) {
      const mongod = await findMongodbProgram('mongod', options)
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const layout = await keepLayout(folder, () =>
        newLayout(shapeOf(spec, mongod.isEngine), freePort),
      )
      const running: Running[] = []
      try {
        await startAll({ options, mongod, spec, folder, layout }, running)
        const deployment = await setUp(layout, spec)
        return await runningMongodb(deployment, running, spec, folder)
      } catch (error) {
        await Promise.all(running.map(({ process }) => process.stop()))
        throw error
      }
    },
    async destroy({ folder }) {
      const layout = await readLayout(folder)
      const ends = layout?.nodes.map(({ id }) =>
        endLeftover({ folder: join(folder, id), id: 'process' }, STOP_MS),
      )
      await Promise.all(ends ?? [])
    },
  }
}

interface Start {
  readonly options: ManagedMongodbOptions
  readonly mongod: MongodbProgram
  readonly spec: ServiceSpec
  readonly folder: string
  readonly layout: Layout
}

/** Routers come last, as they need the others. */
async function startAll(start: Start, running: Running[]): Promise<void> {
  const { nodes } = start.layout
  const isRouter = ({ role }: Node) => role === 'router'
  const begin = async (node: Node) =>
    void running.push({ node, process: await startNode(start, node) })
  const results = await Promise.allSettled(nodes.filter((node) => !isRouter(node)).map(begin))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
  for (const node of nodes.filter(isRouter)) await begin(node)
}

async function startNode(start: Start, node: Node): Promise<SupervisedProcess> {
  const { options, mongod, spec, layout } = start
  const folder = join(start.folder, node.id)
  const isRouter = node.role === 'router'
  const { command } = isRouter ? await findMongodbProgram('mongos', options) : mongod
  if (!isRouter) await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 })
  const sizes = { plan: spec.plan, isEngine: mongod.isEngine }
  return startProcess({
    name: `${isRouter ? 'mongos' : 'mongod'} ${node.id}`,
    command,
    args: ['--config', join(folder, CONFIG_FILE)],
    folder,
    files: { [CONFIG_FILE]: configOf(node, layout, folder, sizes), [KEY_FILE]: layout.key },
    ready: () => answers(node),
    stopMs: STOP_MS,
    ...(options.warn && { warn: options.warn }),
  })
}

/** Rejects while a server does not say who it is; that it may do before anybody has signed in. */
async function answers({ port }: Node): Promise<void> {
  const quick = 'directConnection=true&serverSelectionTimeoutMS=1000&connectTimeoutMS=1000'
  const remote = await openRemote(`mongodb://127.0.0.1:${port}/?${quick}`)
  await remote.close()
}

async function runningMongodb(
  deployment: RemoteDeployment,
  running: readonly Running[],
  { user }: ServiceSpec,
  folder: string,
): Promise<RunningMongodb> {
  const entry = await followEntry(deployment, running)
  const hosts = new Set(running.map(({ node }) => hostOf(node)))
  // Any other name is the one by which the whole is reached from outside.
  const member = async (host: string) => (hosts.has(host) ? deployment.host(host) : deployment)
  return {
    deployment,
    member,
    statistics: clusterStatistics({ deployment, member }),
    accept: (socket) => pipeTo(socket, { host: '127.0.0.1', port: entry() }),
    fileSize: () => sizeBelow(folder),
    backup: async (files, options) =>
      writeBackup(await deploymentSource(deployment), files, options),
    restore: (files, options) =>
      restoreMongodb(deployment, files, { ...options, keptUsers: [`admin.${user}`] }),
    logs: (count) => Promise.all(running.map((each) => logOf(each, count))),
    health: async () => {
      await Promise.all(running.map(({ process }) => process.health()))
      await deployment.command('admin', { ping: 1 })
    },
    async stop() {
      await deployment.close()
      await Promise.all(running.map(({ process }) => process.stop()))
    },
  }
}

/** The port to which users are led: the router, or the primary as it changes. */
async function followEntry(
  deployment: RemoteDeployment,
  running: readonly Running[],
): Promise<() => number> {
  const router = running.find(({ node }) => node.role === 'router')
  if (router) return () => router.node.port
  const ports = new Map(running.map(({ node }) => [hostOf(node), node.port]))
  const hello = decodeDocument(await deployment.command('admin', { hello: 1 }))
  let primary = ports.get(String(hello.get('primary'))) ?? running[0].node.port
  deployment.client.on('topologyDescriptionChanged', ({ newDescription }) => {
    for (const [host, { type }] of newDescription.servers) {
      if (type === 'RSPrimary') primary = ports.get(host) ?? primary
    }
  })
  return () => primary
}

async function logOf({ node, process }: Running, count: number): Promise<HostLog> {
  const names = { member: 'mongod', config: 'config', router: 'mongos' } as const
  const lines = await process.log(count)
  return { host: hostOf(node), process: names[node.role], pid: process.pid ?? 0, lines }
}

async function readLayout(folder: string): Promise<Layout | undefined> {
  const text = await readFileIfThere(join(folder, LAYOUT_FILE))
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Layout
  } catch (cause) {
    const message = `${join(folder, LAYOUT_FILE)} is damaged: restore it from a copy`
    throw new AppError('unavailable', message, {}, { cause })
  }
}

/** The layout that a folder has, or a new one, which it has from then on. */
async function keepLayout(folder: string, make: () => Promise<Layout>): Promise<Layout> {
  const kept = await readLayout(folder)
  if (kept) return kept
  const layout = await make()
  await writePrivateFile(join(folder, LAYOUT_FILE), JSON.stringify(layout))
  return layout
}

async function sizeBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile())
  // A server may remove a file of its own meanwhile.
  const sizes = files.map(({ parentPath, name }) =>
    stat(join(parentPath, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
