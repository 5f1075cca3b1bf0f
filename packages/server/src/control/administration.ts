import { type AccessLists, openAccessLists } from './access-lists/access-lists.js'
import { type AgentKeys, openAgentKeys } from './agent-keys/agent-keys.js'
import { type KeyRing, openKeyRing } from './api-keys/key-ring.js'
import { type Events, openEvents } from './events/events.js'
import { type Members, openMembers } from './members/members.js'
import { type Organisations, openOrganisations } from './organisations/organisations.js'
import { openProjects, type Projects } from './projects/projects.js'
import type { Secrets } from './secrets.js'
import type { State } from './state.js'

/** Who may do what, where and from where, and what was done. */
export interface Administration {
  readonly organisations: Organisations
  readonly projects: Projects
  readonly members: Members
  readonly keys: KeyRing
  readonly accessLists: AccessLists
  readonly agentKeys: AgentKeys
  readonly events: Events
}

/** Reads everything from the state, in which accounts have been prepared. */
export async function openAdministration(state: State, secrets: Secrets): Promise<Administration> {
  const organisations = await openOrganisations(state)
  const agentKeys = await openAgentKeys(state, secrets)
  const projects = await openProjects(state, organisations, agentKeys)
  const members = await openMembers(state, projects)
  const keys = await openKeyRing(state)
  await keys.settle((account) => projects.ofAccount(account)?.org)
  return {
    organisations,
    projects,
    members,
    keys,
    accessLists: await openAccessLists(state),
    agentKeys,
    events: await openEvents(state),
  }
}
