import { type AccessLists, openAccessLists } from './access-lists/access-lists.js'
import { type AgentKeys, openAgentKeys } from './agent-keys/agent-keys.js'
import { type KeyRing, openKeyRing } from './api-keys/key-ring.js'
import { type Automation, openAutomation } from './automation/automation.js'
import { type Events, openEvents } from './events/events.js'
import { type FeaturePolicies, openFeaturePolicies } from './feature-policies/feature-policies.js'
import type { InstanceRegistry } from './instances/registry.js'
import { type Invitations, openInvitations } from './invitations/invitations.js'
import {
  type MaintenanceWindows,
  openMaintenanceWindows,
} from './maintenance-windows/maintenance-windows.js'
import { type Members, openMembers } from './members/members.js'
import { type Organisations, openOrganisations } from './organisations/organisations.js'
import { openProjects, type Projects } from './projects/projects.js'
import type { Keeping } from './records.js'
import type { Secrets } from './secrets.js'
import type { Servers } from './shared/servers.js'
import { openTeams, type Teams } from './teams/teams.js'
import { openTopology, type Topology } from './topology/topology.js'

/** Who may do what, where and from where, and what was done. */
export interface Administration {
  readonly organisations: Organisations
  readonly projects: Projects
  readonly members: Members
  readonly teams: Teams
  readonly invitations: Invitations
  readonly featurePolicies: FeaturePolicies
  readonly keys: KeyRing
  readonly accessLists: AccessLists
  readonly agentKeys: AgentKeys
  readonly events: Events
  readonly topology: Topology
  readonly automation: Automation
  readonly maintenanceWindows: MaintenanceWindows
}

/** Reads everything from the state, in which accounts have been prepared. */
export async function openAdministration(
  keeping: Keeping,
  secrets: Secrets,
  registry: InstanceRegistry,
  servers: Servers,
): Promise<Administration> {
  const organisations = await openOrganisations(keeping)
  const agentKeys = await openAgentKeys(keeping, secrets)
  const projects = await openProjects(keeping, organisations, agentKeys)
  const teams = await openTeams(keeping)
  const members = await openMembers(keeping, projects, teams)
  const keys = await openKeyRing(keeping)
  await keys.settle((account) => projects.ofAccount(account)?.org)
  const events = await openEvents(keeping.state)
  const automation = await openAutomation(keeping, secrets, events)
  /** Its owners could read any file here anyway. */
  const isTrusted = (id: string) => {
    const project = projects.get(id)
    return project !== undefined && members.isOwnedBy(project.org, 'GLOBAL_AUTOMATION_ADMIN')
  }
  return {
    organisations,
    projects,
    members,
    teams,
    featurePolicies: await openFeaturePolicies(keeping),
    invitations: await openInvitations(keeping, secrets, { members, teams }),
    keys,
    accessLists: await openAccessLists(keeping),
    agentKeys,
    events,
    topology: await openTopology({
      keeping,
      secrets,
      registry,
      servers,
      automation: { ...automation, isTrusted },
    }),
    automation,
    maintenanceWindows: await openMaintenanceWindows(keeping),
  }
}
