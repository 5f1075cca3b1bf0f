/**
 * The MongoDB processes and clusters of projects: those of the instances of a project's
 * account, and further ones that somebody wants to be monitored.
 */
import { ObjectId } from '@gantry/bson'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import type { Project } from '../projects/project.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import type { Secrets } from '../secrets.js'
import type { Servers } from '../shared/servers.js'
import { type ProcessFacts, readFacts } from './facts.js'
import { homeOf, hostIdOf, type PathIds } from './homes.js'
import { type Cluster, clustersOf, type Host, idOf, isAt } from './host.js'
import { HOST_PASSWORD, type HostRecord, hostTable } from './host-record.js'
import { createMemory, type Memory } from './memory.js'
import { type MonitoredConnections, monitoredConnections } from './monitored.js'
import { type InstanceProcess, processesOf } from './processes.js'

/** What can be said of how a host is monitored. */
export interface HostChanges {
  readonly username?: string
  readonly password?: string
  readonly authMechanismName?: string
  readonly sslEnabled?: boolean
  readonly alertsEnabled?: boolean
  readonly logsEnabled?: boolean
  readonly profilerEnabled?: boolean
}

export interface Topology {
  /** Sorted by `hostname:port`, without those that were taken out. */
  hosts(project: Project): Promise<Host[]>
  /** The whole cluster first, then its parts. */
  clusters(project: Project): Promise<Cluster[]>
  /** Begins to monitor a process, or puts one back that was taken out. */
  add(
    project: Project,
    address: { readonly hostname: string; readonly port: number },
    changes: HostChanges,
  ): Promise<Host>
  change(project: Project, host: Host, changes: HostChanges): Promise<Host>
  /** Takes a host out; its process goes on. */
  remove(project: Project, host: Host): Promise<void>
  /** What the only process of an instance that runs here says of itself, or said last; undefined when it never did. */
  factsOf(instance: Instance): Promise<ProcessFacts | undefined>
  /** The id of the other server that runs what a path is about; undefined when none does. */
  homeOf(project: Project, path: PathIds): string | undefined
  /** Forgets everything about a project, as it is gone. */
  forget(project: Project): Promise<void>
  close(): Promise<void>
}

interface Parts {
  readonly records: Records<HostRecord>
  readonly facts: Memory<ProcessFacts>
  readonly connections: MonitoredConnections
}

export async function openTopology(
  keeping: Keeping,
  secrets: Secrets,
  registry: InstanceRegistry,
  servers: Servers,
): Promise<Topology> {
  const records: Records<HostRecord> = await openRecords(keeping, hostTable)
  const connections = monitoredConnections(secrets)
  const parts: Parts = { records, facts: createMemory(), connections }
  const processes = createMemory<InstanceProcess[]>()
  const ofProject = (id: string) => records.all().filter(({ project }) => project === id)

  async function processesIn({ account }: Project): Promise<InstanceProcess[]> {
    const instances = account === undefined ? [] : registry.ofAccount(account)
    const mongodb = instances.filter(({ service }) => service === 'mongodb')
    const found = mongodb.map(async (instance) => {
      const read = () => processesOf(registry, servers, instance)
      // Where the only one is, is known here, and may just have changed.
      if (instance.mode !== 'attached') return read()
      return (await processes.recall(instance.id, read)) ?? []
    })
    return (await Promise.all(found)).flat()
  }

  async function hosts(project: Project): Promise<Host[]> {
    const { id } = project
    const present = await processesIn(project)
    const known = ofProject(id)
    const recordOf = (process: InstanceProcess) => known.find((record) => isAt(record, process))
    const seen = present.filter((process) => !recordOf(process)?.deactivated)
    const monitored = known.filter(
      (record) =>
        !record.isInstance &&
        !record.deactivated &&
        !present.some((process) => isAt(record, process)),
    )
    const all = await Promise.all([
      ...seen.map((process) => instanceHost(parts, id, process, recordOf(process))),
      ...monitored.map((record) => monitoredHost(parts, record)),
    ])
    return all.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  }

  async function save(
    project: Project,
    address: Pick<HostRecord, 'hostname' | 'port' | 'isInstance'>,
    { password, ...changes }: HostChanges,
  ): Promise<Host> {
    const { hostname, port } = address
    const known = ofProject(project.id).find((record) => isAt(record, address))
    const record: HostRecord = {
      ...(known ?? defaults(project.id)),
      ...(known?.deactivated && { createdMs: Date.now() }),
      ...address,
      ...changes,
      ...(password !== undefined && { passwordSealed: secrets.seal(password, HOST_PASSWORD) }),
      deactivated: false,
    }
    await records.save(record)
    await connections.drop(record)
    parts.facts.forget(record.id)
    const host = (await hosts(project)).find((one) => isAt(one, { hostname, port }))
    return host ?? monitoredHost(parts, record)
  }

  return {
    hosts,
    clusters: async (project) => clustersOf(await hosts(project)),
    async add(project, address, changes) {
      const present = await processesIn(project)
      const isInstance = present.some((process) => isAt(process, address))
      return save(project, { ...address, isInstance }, changes)
    },
    change: (project, { hostname, port, instance }, changes) =>
      save(project, { hostname, port, isInstance: instance !== undefined }, changes),
    async remove(project, { hostname, port, instance, record }) {
      const isInstance = instance !== undefined
      if (record) await connections.drop(record)
      const base = record ?? defaults(project.id)
      await records.save({ ...base, hostname, port, isInstance, deactivated: true })
    },
    async factsOf(instance) {
      const [process] = await processesOf(registry, servers, instance)
      return process && recallFacts(parts, process)
    },
    homeOf: ({ account }, path) =>
      account === undefined ? undefined : homeOf(registry, servers, account, path),
    async forget({ id }) {
      for (const record of ofProject(id)) {
        await connections.drop(record)
        await records.delete(record.id)
      }
    },
    close: () => connections.close(),
  }
}

function nameOf({ hostname, port }: Host): string {
  return `${hostname}:${port}`
}

function defaults(project: string): Omit<HostRecord, 'hostname' | 'port' | 'isInstance'> {
  return {
    id: new ObjectId().toHexString(),
    project,
    authMechanismName: 'NONE',
    sslEnabled: false,
    alertsEnabled: true,
    logsEnabled: false,
    profilerEnabled: false,
    deactivated: false,
    createdMs: Date.now(),
  }
}

function recallFacts({ facts }: Parts, process: InstanceProcess) {
  return facts.recall(hostIdOf(process.instance, process), process.readFacts)
}

async function instanceHost(
  memory: Parts,
  project: string,
  process: InstanceProcess,
  record: HostRecord | undefined,
): Promise<Host> {
  const { instance, hostname, port, clusterId, part, shardName, open } = process
  const id = hostIdOf(instance, process)
  const facts = await recallFacts(memory, process)
  return {
    id,
    project,
    hostname,
    port,
    clusterId,
    parentClusterId: clusterId === instance.id ? undefined : instance.id,
    shardName,
    part,
    instance,
    record,
    facts,
    isDown: memory.facts.failedMs(id) !== undefined,
    createdMs: instance.createdMs,
    open,
  }
}

async function monitoredHost(
  { facts: memory, connections }: Parts,
  record: HostRecord,
): Promise<Host> {
  const { project, hostname, port, createdMs } = record
  const open = () => connections.open(record)
  const facts = await memory.recall(record.id, async () => readFacts(await open()))
  const set = facts?.replicaSetName
  return {
    id: idOf(32, project, `${hostname}:${port}`),
    project,
    hostname,
    port,
    clusterId: set === undefined ? undefined : idOf(24, project, set),
    parentClusterId: undefined,
    shardName: undefined,
    part: facts?.role === 'MONGOS' ? 'mongos' : 'member',
    instance: undefined,
    record,
    facts,
    isDown: memory.failedMs(record.id) !== undefined,
    createdMs,
    open,
  }
}
