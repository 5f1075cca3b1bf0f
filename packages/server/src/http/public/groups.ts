import { idParameters, publicApi } from '@gantry/api'
import type { Caller } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { holdsGlobal, isInGroup, mayInOrg } from '../../control/roles/roles.js'
import { startsWith } from './orgs.js'
import { presentGroup } from './present-group.js'
import { type Entity, listing } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'
import { recordRoles } from './user-events.js'

export const groupRoutes: readonly PublicRoute[] = [
  route(publicApi.listGroups, ({ control, caller, query }) => {
    const seen = control.projects
      .all()
      .filter((project) => startsWith(project.name, query.name))
      .filter(({ tags }) => query.tag.every((tag) => tags.includes(tag)))
      .filter((project) => isInGroup(caller.roles, project))
    return listing(seen, (project) => presentGroup(control, caller, project))
  }),
  route(publicApi.createGroup, createGroup),
  route(publicApi.getGroup, ({ control, caller, group }) => presentGroup(control, caller, group)),
  route(publicApi.getGroupByName, (call) => presentGroup(call.control, call.caller, byName(call))),
  route(publicApi.getGroupByAgentApiKey, (call) => {
    const { control, caller, params } = call
    const key = control.agentKeys.find(params.key)
    const project = key && control.projects.get(key.project)
    if (!project) throw refusal('GROUP_API_KEY_NOT_FOUND', params.key)
    return presentGroup(control, caller, seenBy(caller, project))
  }),
  route(publicApi.updateGroup, async ({ control, caller, group, body }) => {
    const changed = await control.projects.update(group, definedOf(body))
    return presentGroup(control, caller, changed)
  }),
  route(publicApi.deleteGroup, deleteGroup),
]

function seenBy({ roles }: Caller, project: Project): Project {
  if (!isInGroup(roles, project)) throw refusal('NOT_IN_GROUP', project.id)
  return project
}

function byName({ control, caller, params }: Call<typeof publicApi.getGroupByName>): Project {
  const named = control.projects.all().filter(({ name }) => name === params.name)
  const seen = named.filter((project) => isInGroup(caller.roles, project))
  if (seen.length > 1) throw refusal('MULTIPLE_GROUPS', params.name)
  const [project] = seen.length > 0 ? seen : named
  if (!project) throw refusal('GROUP_NAME_NOT_FOUND', params.name)
  return seenBy(caller, project)
}

function definedOf<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T
}

async function createGroup(call: Call<typeof publicApi.createGroup>): Promise<Entity> {
  const { control, caller, body, query } = call
  const { name, tags, withDefaultAlertsSettings = true } = body
  const owner =
    query.projectOwnerId === undefined ? undefined : await userBy(control, query.projectOwnerId)
  const org = await orgFor(call)
  const project = await control.projects.create(org, name, tags)
  const { id: groupId } = project
  const role = { roleName: 'GROUP_OWNER', groupId }
  const maker = caller.user && (await control.members.get(caller.user.id))
  for (const member of [maker, owner]) {
    if (!member || (member === owner && owner.id === maker?.id)) continue
    await control.members.update(member, { roles: [...member.roles, role] })
  }
  // A key that owns everything needs no role of its own in everything that it makes.
  if (!caller.user && caller.key && !holdsGlobal(caller.roles)) {
    await control.keys.update(caller.key, { roles: [...caller.key.roles, role] })
  }
  if (withDefaultAlertsSettings) await control.alertConfigs.createDefaults(project)
  await control.events.record('GROUP_CREATED', { ...caller.actor, groupId, orgId: org })
  if (owner && owner.id !== maker?.id) {
    await recordRoles(call, owner, owner.roles, [...owner.roles, role])
  }
  const seen = await presentGroup(control, { ...caller, roles: [...caller.roles, role] }, project)
  return { ...seen, withDefaultAlertsSettings }
}

async function userBy(control: Control, id: string) {
  if (!/^[0-9a-f]{24}$/.test(id)) throw refusal(idParameters.userId, id)
  const member = await control.members.get(id)
  if (!member) throw refusal('USER_NOT_FOUND', id)
  return member
}

/** The organisation that a new project is for: without one a user gets a new one, a key its own. */
async function orgFor(call: Call<typeof publicApi.createGroup>): Promise<string> {
  const { control, caller, body } = call
  const { organisations, projects, members } = control
  const { user, key } = caller
  if (body.orgId === undefined && user) {
    const { id } = await organisations.create(body.name)
    await control.events.record('ORG_CREATED', { ...caller.actor, orgId: id })
    const member = await members.get(user.id)
    const role = { roleName: 'ORG_OWNER', orgId: id }
    if (member) await members.update(member, { roles: [...member.roles, role] })
    return id
  }
  const id = body.orgId ?? key?.org
  if (id === undefined) throw refusal('MISSING_ATTRIBUTE', 'orgId')
  if (!/^[0-9a-f]{24}$/.test(id)) throw refusal(idParameters.orgId, id)
  if (!organisations.get(id)) throw refusal('ORG_NOT_FOUND', id)
  if (!mayInOrg(caller.roles, id, projects.all(), 'ORG_GROUP_CREATOR')) {
    throw refusal('NOT_ORG_GROUP_CREATOR', id)
  }
  return id
}

async function deleteGroup({ control, caller, group }: Call<typeof publicApi.deleteGroup>) {
  const { id: groupId, org: orgId, account } = group
  const hasInstances = control.instances.all().some((instance) => instance.account === account)
  if (hasInstances) throw refusal('CANNOT_CLOSE_GROUP_ACTIVE_INSTANCES', groupId)
  await control.projects.remove(group)
  await control.topology.forget(group)
  await control.members.forget(groupId)
  await control.invitations.forget(groupId)
  await control.featurePolicies.forget(groupId)
  await control.keys.forget(groupId)
  await control.agentKeys.forget(groupId)
  await control.alertConfigs.forget(groupId)
  await control.alerts.forget(groupId)
  await control.notifications.forget(groupId)
  await control.maintenanceWindows.forget(groupId)
  await control.automation.forget(groupId)
  await control.agents.forget(groupId)
  await control.logJobs.forget(groupId)
  await control.events.record('GROUP_DELETED', { ...caller.actor, groupId, orgId })
  return undefined
}
