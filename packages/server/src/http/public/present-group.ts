import type { Agent } from '../../control/agents/agent.js'
import type { Caller } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { mayInGroup } from '../../control/roles/roles.js'
import { clustersOf, type Host } from '../../control/topology/host.js'
import { typeName } from './present-host.js'
import { type Entity, path, self } from './result.js'

/** A project as the Public API shows it to somebody; only some may see the agents' key. */
export async function presentGroup(
  control: Control,
  { roles }: Caller,
  project: Project,
): Promise<Entity> {
  const { id, name, org, tags } = project
  const [key] = control.agentKeys.ofProject(id)
  const maySeeKey = mayInGroup(roles, project, 'GROUP_AUTOMATION_ADMIN')
  const hosts = await control.topology.hosts(project)
  const clusters = clustersOf(hosts)
  const agents = control.agents.ofProject(project)
  const isSet = ({ kind }: { kind: string }) => kind === 'REPLICA_SET'
  return {
    activeAgentCount: agents.filter(control.agents.isPresent).length,
    agentApiKey: key && maySeeKey ? control.agentKeys.reveal(key) : undefined,
    hostCounts: hostCounts(hosts),
    id,
    lastActiveAgent: lastHeardOf(agents),
    name,
    orgId: org,
    publicApiEnabled: true,
    replicaSetCount: clusters.filter(isSet).length,
    shardCount: clusters.filter(({ shardName }) => shardName !== undefined).length,
    tags,
    links: [self(path`/groups/${id}`)],
  }
}

/** When any of the agents was heard of last; undefined: there is none. */
function lastHeardOf(agents: readonly Agent[]): Date | undefined {
  const times = agents.map(({ lastPingMs }) => lastPingMs)
  return times.length === 0 ? undefined : new Date(Math.max(...times))
}

function hostCounts(hosts: readonly Host[]) {
  const types = hosts.map(typeName)
  const count = (ending: RegExp) => types.filter((type) => ending.test(type)).length
  return {
    arbiter: count(/_ARBITER$/),
    config: count(/^SHARD_CONFIG/),
    master: 0,
    mongos: count(/^SHARD_MONGOS$/),
    primary: count(/^(REPLICA|SHARD)_PRIMARY$/),
    secondary: count(/^(REPLICA|SHARD)_SECONDARY$/),
    slave: 0,
  }
}
