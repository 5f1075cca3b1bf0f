import type { Agent } from '../../control/agents/agent.js'
import {
  compareVersions,
  GANTRY_VERSION,
  OLDEST_AGENT_VERSION,
} from '../../control/agents/versions.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { type Entity, path, self } from './result.js'

/** An agent as lists show it; of those of automation only some fields have a meaning. */
export async function presentAgent(
  control: Control,
  project: Project,
  agent: Agent,
): Promise<Entity> {
  const { type: typeName, hostname, confCount, lastConfMs, pingCount, lastPingMs } = agent
  const stateName = await stateOf(control, project, agent)
  const links = [self(path`/groups/${project.id}/agents/${typeName}`)]
  const lastConf = new Date(lastConfMs)
  if (typeName === 'AUTOMATION') {
    return { confCount, hostname, lastConf, links, stateName, typeName }
  }
  return {
    confCount,
    hostname,
    isManaged: true,
    lastConf,
    lastPing: new Date(lastPingMs),
    links,
    pingCount,
    stateName,
    tag: null,
    typeName,
  }
}

/** An agent among the versions of all, where times are numbers. */
export async function presentAgentVersion(
  control: Control,
  project: Project,
  agent: Agent,
  { isPrimary }: { readonly isPrimary: boolean },
) {
  const { type, hostname, version, confCount, lastConfMs, pingCount, lastPingMs } = agent
  return {
    address: agent.address ?? '',
    confCount,
    hostname,
    hostnameShort: hostname.split('.')[0],
    // All of them are Gantry itself: none is installed by somebody else.
    isManaged: true,
    isModule: type !== 'AUTOMATION',
    isPrimary,
    isVersionDeprecated: compareVersions(version, OLDEST_AGENT_VERSION) < 0,
    isVersionOld: compareVersions(version, GANTRY_VERSION) < 0,
    lastConf: lastConfMs,
    lastPing: lastPingMs,
    msSinceLastConf: Math.max(0, Date.now() - lastConfMs),
    numProcess: await processesOf(control, project, agent),
    pingCount,
    pingState: control.agents.isPresent(agent) ? 'ok' : 'error',
    tagName: '',
    version,
  }
}

/** A server's own agents are at work whether or not a project has something for them to do. */
async function stateOf(control: Control, project: Project, agent: Agent): Promise<string> {
  if (!control.agents.isPresent(agent)) return 'STANDBY'
  if (agent.server !== undefined) return 'ACTIVE'
  return (await processesOf(control, project, agent)) > 0 ? 'ACTIVE' : 'NO_PROCESSES'
}

/** How many processes of the project are an agent's business. */
async function processesOf(
  { topology, automation }: Control,
  project: Project,
  { type, hostname }: Agent,
): Promise<number> {
  // What is monitored may be anywhere.
  if (type === 'MONITORING') return (await topology.hosts(project)).length
  const { processes } = automation.goal(project.id)
  return processes.filter((process) => process.hostname === hostname).length
}
