/**
 * The MongoDB processes and clusters of projects: those of the instances of a project's
 * account, those that automation runs, and further ones that somebody wants to be monitored.
 */
import { ObjectId } from '@gantry/bson'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import type { MeasuredHost } from '../metrics/measured-hosts.js'
import type { Project } from '../projects/project.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import type { Secrets } from '../secrets.js'
import type { Servers } from '../shared/servers.js'
import type { ProcessFacts } from './facts.js'
import type { GoalHost } from './goal-hosts.js'
import { goalInstanceOf } from './goal-instances.js'
import { type Goals, hostsIn } from './goals.js'
import { homeOf, type PathIds } from './homes.js'
import { type Cluster, clustersOf, type Host, isAt } from './host.js'
import { hostConnections, type Reach } from './host-connections.js'
import { HOST_PASSWORD, type HostRecord, hostTable } from './host-record.js'
import {
  goalHost,
  type HostParts,
  instanceHost,
  monitoredHost,
  ownHostId,
  recallFacts,
} from './known-hosts.js'
import { isThisMachine } from './local-names.js'
import { createMemory } from './memory.js'
import { type InstanceProcess, processesOf } from './processes.js'
import { authorityOf, reachOfRecord } from './reach.js'

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
  /** Those of all projects that are no instance's and can be measured. Asks nobody. */
  measured(): readonly MeasuredHost[]
  /** Forgets everything about a project, as it is gone. */
  forget(project: Project): Promise<void>
  close(): Promise<void>
}

export interface TopologyOptions {
  readonly keeping: Keeping
  readonly secrets: Secrets
  readonly registry: InstanceRegistry
  readonly servers: Servers
  readonly automation: Goals
}

export async function openTopology(options: TopologyOptions): Promise<Topology> {
  const { keeping, secrets, registry, servers, automation } = options
  const records: Records<HostRecord> = await openRecords(keeping, hostTable)
  const connections = hostConnections()
  registry.lend((id) => goalInstanceOf(id, automation, secrets))
  automation.watch(() => registry.endLent())
  const parts: HostParts = { facts: createMemory(), connections, secrets }
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
    const ofInstances = await processesIn(project)
    const known = ofProject(id)
    const { run, added } = ownProcesses(known, hostsIn(automation, id), ofInstances)
    const recordOf = (at: HostAddress) => known.find((record) => isAt(record, at))
    const isSeen = (at: HostAddress) => !recordOf(at)?.deactivated
    const all = await Promise.all([
      ...ofInstances.filter(isSeen).map((one) => instanceHost(parts, id, one, recordOf(one))),
      ...run.map((one) => goalHost(parts, project, one, recordOf(one))),
      ...added.map((record) => monitoredHost(parts, record)),
    ])
    return all.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  }

  async function save(
    project: Project,
    address: Pick<HostRecord, 'hostname' | 'port' | 'isInstance'>,
    { password, ...changes }: HostChanges,
  ): Promise<Host> {
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
    await letGo(record)
    const host = (await hosts(project)).find((one) => isAt(one, address))
    return host ?? monitoredHost(parts, record)
  }

  /** What is asked next is asked anew, as it may be reached otherwise. */
  async function letGo(record: HostRecord): Promise<void> {
    const id = ownHostId(record.project, record)
    await connections.drop(id)
    parts.facts.forget(id)
  }

  return {
    hosts,
    clusters: async (project) => clustersOf(await hosts(project)),
    async add(project, address, changes) {
      const isInstance = (await processesIn(project)).some((process) => isAt(process, address))
      return save(project, { ...address, isInstance }, changes)
    },
    change: (project, { hostname, port, instance }, changes) =>
      save(project, { hostname, port, isInstance: instance !== undefined }, changes),
    async remove(project, { hostname, port, instance, record }) {
      const isInstance = instance !== undefined
      const base = record ?? defaults(project.id)
      const removed = { ...base, hostname, port, isInstance, deactivated: true }
      await records.save(removed)
      await letGo(removed)
    },
    async factsOf(instance) {
      const [process] = await processesOf(registry, servers, instance)
      return process && recallFacts(parts, process)
    },
    homeOf: ({ account }, path) =>
      account === undefined ? undefined : homeOf(registry, servers, account, path),
    measured: () => measuredOf(parts, records.all(), automation),
    async forget({ id }) {
      for (const record of ofProject(id)) {
        await letGo(record)
        await records.delete(record.id)
      }
    },
    close: () => connections.close(),
  }
}

type HostAddress = Pick<HostRecord, 'hostname' | 'port'>

function measuredOf(
  { connections, secrets }: HostParts,
  records: readonly HostRecord[],
  automation: Goals,
): MeasuredHost[] {
  const projects = new Set([...records.map(({ project }) => project), ...automation.projects()])
  return [...projects].flatMap((project) => {
    const known = records.filter((record) => record.project === project)
    const { run, added } = ownProcesses(known, hostsIn(automation, project), [])
    const measured = (at: HostAddress, reach: () => Reach): MeasuredHost => {
      const id = ownHostId(project, at)
      const name = authorityOf(at.hostname, at.port)
      const open = async () => connections.open(id, reach())
      return { id, name, isHere: isThisMachine(at.hostname), open }
    }
    return [
      ...run.filter(({ isMeasured }) => isMeasured).map((one) => measured(one, () => one.reach)),
      ...added.map((record) => measured(record, () => reachOfRecord(record, secrets))),
    ]
  })
}

/** Of what is no instance's: what automation runs, and what somebody added, each process once. */
function ownProcesses(
  known: readonly HostRecord[],
  goal: readonly GoalHost[],
  taken: readonly HostAddress[],
): { run: GoalHost[]; added: HostRecord[] } {
  const names = (one: GoalHost) => ({
    ...one,
    aliases: one.process.alias ? [one.process.alias] : [],
  })
  const isTaken = (at: HostAddress) => taken.some((one) => isAt(one, at))
  const isGone = (one: GoalHost) =>
    known.some((record) => record.deactivated && isAt(names(one), record))
  const added = known.filter(
    (record) =>
      !record.isInstance &&
      !record.deactivated &&
      !isTaken(record) &&
      !goal.some((one) => isAt(names(one), record)),
  )
  return { run: goal.filter((one) => !isTaken(one) && !isGone(one)), added }
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
