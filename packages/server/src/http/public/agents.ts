import { publicApi } from '@gantry/api'
import { type Agent, agentTypes } from '../../control/agents/agent.js'
import { compareVersions, OLDEST_AGENT_VERSION } from '../../control/agents/versions.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { presentAgent, presentAgentVersion } from './present-agent.js'
import { linkTo, listing, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

export const agentRoutes: readonly PublicRoute[] = [
  route(publicApi.listAgents, ({ group: { id } }) =>
    listing([], () => ({ links: [] }), [
      linkTo('group', path`/groups/${id}`),
      ...agentTypes.map((type) =>
        linkTo(`${type.toLowerCase()}Agents`, path`/groups/${id}/agents/${type}`),
      ),
      linkTo('agentVersions', path`/groups/${id}/agents/versions`),
    ]),
  ),
  route(publicApi.listAgentsOfType, ({ control, group, params }) => {
    const type = agentTypes.find((known) => known === params.type)
    if (!type) throw refusal('INVALID_AGENT_TYPE_NAME', params.type)
    const agents = control.agents.ofProject(group).filter((agent) => agent.type === type)
    return listing(agents, (agent) => presentAgent(control, group, agent))
  }),
  route(publicApi.getAgentVersions, versions),
]

async function versions({ control, group }: Call<typeof publicApi.getAgentVersions>) {
  const agents = control.agents.ofProject(group)
  const entries = await Promise.all(
    agents.map((agent) =>
      presentAgentVersion(control, group, agent, { isPrimary: isPrimary(control, agents, agent) }),
    ),
  )
  const detected = agents.map(({ version }) => version).sort(compareVersions)
  return {
    count: entries.length,
    entries,
    isAnyAgentNotManaged: entries.some(({ isManaged }) => !isManaged),
    isAnyAgentVersionDeprecated: entries.some(({ isVersionDeprecated }) => isVersionDeprecated),
    isAnyAgentVersionOld: entries.some(({ isVersionOld }) => isVersionOld),
    links: [self(versionsPath(group)), linkTo('group', path`/groups/${group.id}`)],
    minimumAgentVersionDetected: detected[0] ?? OLDEST_AGENT_VERSION,
    minimumVersion: OLDEST_AGENT_VERSION,
  }
}

function versionsPath({ id }: Project): string {
  return path`/groups/${id}/agents/versions`
}

/** The first of its type that is at work. */
function isPrimary({ agents }: Control, all: readonly Agent[], agent: Agent): boolean {
  return all.find((one) => one.type === agent.type && agents.isPresent(one)) === agent
}
