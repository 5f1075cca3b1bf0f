import type { Agent } from '../agents/agent.js'
import type { Agents } from '../agents/agents.js'
import type { Backup } from '../backups/backup.js'
import type { BackupSchedule } from '../backups/backup-schedules.js'
import type { Backups } from '../backups/backups.js'
import type { AuditEvent } from '../events/event.js'
import type { Events } from '../events/events.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import type { Metrics } from '../metrics/metrics.js'
import type { Project } from '../projects/project.js'
import { type Cluster, clustersOf, type Host } from '../topology/host.js'
import type { Topology } from '../topology/topology.js'
import type { Sightings } from './sightings.js'

/** Where everything that can alert is seen. */
export interface Sources {
  readonly topology: Pick<Topology, 'hosts'>
  readonly registry: Pick<InstanceRegistry, 'byId' | 'ofAccount'>
  readonly metrics: Pick<Metrics, 'measurements' | 'partitions' | 'names'>
  readonly backups: Pick<Backups, 'list' | 'schedules'>
  readonly agents: Pick<Agents, 'ofProject' | 'isPresent'>
  readonly events: Pick<Events, 'list'>
  readonly sightings: Sightings
  /** From one sample of measurements to the next. */
  readonly sampleMs: number
}

/** A project at one moment: everything is looked at once, when it is first asked for. */
export interface Scene {
  readonly project: Project
  readonly nowMs: number
  readonly sources: Sources
  /** Names of the measurements that configurations of the project ask for. */
  readonly watched: ReadonlySet<string>
  hosts(): Promise<readonly Host[]>
  /** Those of hosts that are to alert. */
  alertingHosts(): Promise<readonly Host[]>
  clusters(): Promise<readonly Cluster[]>
  agents(): readonly Agent[]
  /** The MongoDB instances of the project, with when they are backed up and what came of it, newest first. */
  backups(): Promise<
    readonly { instance: Instance; schedule: BackupSchedule; backups: readonly Backup[] }[]
  >
  /** Of these types, from a time on, the oldest first. */
  events(types: readonly string[], fromMs: number): Promise<readonly AuditEvent[]>
  /** To be done when what was found has become alerts, so that it is found again unless it has. */
  later(work: () => Promise<void>): void
  finish(): Promise<void>
}

/** With more at once something else is wrong. */
const MOST_EVENTS = 500

export function sceneOf(
  project: Project,
  sources: Sources,
  nowMs: number,
  watched: ReadonlySet<string> = new Set(),
): Scene {
  const hosts = once(() => sources.topology.hosts(project))
  const backups = once(async () => {
    const { registry } = sources
    const instances = project.account === undefined ? [] : registry.ofAccount(project.account)
    return Promise.all(
      instances
        .filter(({ service }) => service === 'mongodb')
        .map(async (instance) => ({
          instance,
          schedule: await sources.backups.schedules.get(instance),
          backups: await sources.backups.list(instance),
        })),
    )
  })
  const left: (() => Promise<void>)[] = []
  return {
    project,
    nowMs,
    sources,
    watched,
    hosts,
    async alertingHosts() {
      return (await hosts()).filter(({ record }) => record?.alertsEnabled !== false)
    },
    clusters: async () => clustersOf(await hosts()),
    agents: () => sources.agents.ofProject(project),
    backups,
    async events(types, minMs) {
      const query = { groupId: project.id, types, minMs }
      return (await sources.events.list(query, 0, MOST_EVENTS)).reverse()
    },
    later: (work) => void left.push(work),
    async finish() {
      for (const work of left) await work()
    },
  }
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined
  return () => {
    value ??= read()
    return value
  }
}
