/** Hosts from what is known of them: from instances, from automation's document, from what somebody added. */
import type { Secrets } from '../secrets.js'
import { type ProcessFacts, readFacts } from './facts.js'
import { aloneId, type GoalHost } from './goal-hosts.js'
import { hostIdOf } from './homes.js'
import type { Host } from './host.js'
import type { HostConnections, Reach } from './host-connections.js'
import type { HostRecord } from './host-record.js'
import { idOf } from './ids.js'
import type { Memory } from './memory.js'
import type { InstanceProcess } from './processes.js'
import { reachOfRecord } from './reach.js'

/** What hosts are made with. */
export interface HostParts {
  readonly facts: Memory<ProcessFacts>
  readonly connections: HostConnections
  readonly secrets: Secrets
}

/** The id of a process that is no instance's. */
export function ownHostId(
  project: string,
  { hostname, port }: { readonly hostname: string; readonly port: number },
): string {
  return idOf(32, project, `${hostname}:${port}`)
}

/** What a process of an instance says of itself, or said last. */
export function recallFacts(
  { facts }: Pick<HostParts, 'facts'>,
  process: InstanceProcess,
): Promise<ProcessFacts | undefined> {
  return facts.recall(hostIdOf(process.instance, process), process.readFacts)
}

export async function instanceHost(
  parts: HostParts,
  project: string,
  process: InstanceProcess,
  record: HostRecord | undefined,
): Promise<Host> {
  const { instance, hostname, port, clusterId, part, shardName, open } = process
  const id = hostIdOf(instance, process)
  const facts = await recallFacts(parts, process)
  return {
    id,
    project,
    hostname,
    port,
    aliases: [],
    clusterId,
    clusterName: instance.name,
    parentClusterId: clusterId === instance.id ? undefined : instance.id,
    shardName,
    replicaSetName: facts?.replicaSetName,
    part,
    instance,
    automation: undefined,
    record,
    facts,
    isDown: parts.facts.failedMs(id) !== undefined,
    createdMs: instance.createdMs,
    open,
  }
}

export async function goalHost(
  parts: HostParts,
  project: { readonly id: string; readonly createdMs: number },
  goal: GoalHost,
  record: HostRecord | undefined,
): Promise<Host> {
  const { process, hostname, port, part, parentClusterId, shardName, reach } = goal
  const reached = await reachedHost(parts, ownHostId(project.id, goal), reach)
  const said = reached.facts?.replicaSetName
  // An engine of ours is a set of one whatever the document says, and all these have one name.
  const alone = said === undefined ? undefined : aloneId(project.id, goal)
  return {
    ...reached,
    project: project.id,
    hostname,
    port,
    aliases: process.alias === undefined ? [] : [process.alias],
    clusterId: goal.clusterId ?? (part === 'member' ? alone : undefined),
    clusterName: goal.clusterName ?? process.name,
    parentClusterId,
    shardName,
    replicaSetName: goal.replicaSetName ?? said,
    part,
    instance: undefined,
    automation: goal,
    record,
    createdMs: record?.createdMs ?? project.createdMs,
  }
}

export async function monitoredHost(parts: HostParts, record: HostRecord): Promise<Host> {
  const { project, hostname, port, createdMs } = record
  const id = ownHostId(project, record)
  const reached = await reachedHost(parts, id, reachOfRecord(record, parts.secrets))
  const set = reached.facts?.replicaSetName
  return {
    ...reached,
    project,
    hostname,
    port,
    aliases: [],
    clusterId: set === undefined ? undefined : idOf(24, project, set),
    clusterName: set,
    parentClusterId: undefined,
    shardName: undefined,
    replicaSetName: set,
    part: reached.facts?.role === 'MONGOS' ? 'mongos' : 'member',
    instance: undefined,
    automation: undefined,
    record,
    createdMs,
  }
}

async function reachedHost({ facts: memory, connections }: HostParts, id: string, reach: Reach) {
  const open = () => connections.open(id, reach)
  const facts = await memory.recall(id, async () => readFacts(await open()))
  return { id, facts, isDown: memory.failedMs(id) !== undefined, open }
}
