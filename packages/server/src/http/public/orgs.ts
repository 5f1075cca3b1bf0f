import { publicApi } from '@gantry/api'
import type { Organisation } from '../../control/organisations/organisations.js'
import { refusal } from '../../control/refusal.js'
import {
  holdsGlobal,
  isInGroup,
  isOrgRole,
  mayInOrg,
  rolesOutside,
} from '../../control/roles/roles.js'
import { presentGroup } from './present-group.js'
import { presentUser } from './present-user.js'
import { type Entity, listing, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'
import { recordRoles } from './user-events.js'
import { checkTrust } from './user-rights.js'

export const orgRoutes: readonly PublicRoute[] = [
  route(publicApi.listOrgs, ({ control, caller, query }) => {
    const projects = control.projects.all()
    const seen = control.organisations
      .all()
      .filter(({ isDeleted }) => !isDeleted || query.includeDeletedOrgs === true)
      .filter(({ name }) => startsWith(name, query.name))
      .filter(({ id }) => mayInOrg(caller.roles, id, projects, 'ORG_MEMBER'))
    return listing(seen, presentOrg)
  }),
  route(publicApi.createOrg, createOrg, ({ caller, settings }) => {
    if (!holdsGlobal(caller.roles)) throw refusal('USER_UNAUTHORIZED')
    if (!caller.user && !settings.keysCreateOrgs) throw refusal('API_KEY_CANNOT_CREATE_ORG')
  }),
  route(publicApi.getOrg, ({ org }) => presentOrg(org)),
  route(publicApi.updateOrg, async ({ control, org, body }) => {
    const renamed = await control.organisations.rename(org, body.name)
    return presentOrg(renamed)
  }),
  route(publicApi.deleteOrg, async ({ control, caller, org }) => {
    const isUsed = control.projects.all().some((project) => project.org === org.id)
    if (isUsed) throw refusal('ORG_NOT_EMPTY', org.id)
    await control.organisations.remove(org)
    await control.members.forget(org.id)
    await control.invitations.forget(org.id)
    for (const key of control.keys.ofOrg(org.id)) {
      await control.keys.remove(key)
      await control.accessLists.forget(key.id)
    }
    await control.events.record('ORG_DELETED', { ...caller.actor, orgId: org.id })
    return undefined
  }),
  route(publicApi.listOrgGroups, ({ control, caller, org, query }) => {
    const seen = control.projects
      .all()
      .filter((project) => project.org === org.id && startsWith(project.name, query.name))
      .filter((project) => isInGroup(caller.roles, project))
    return listing(seen, (project) => presentGroup(control, caller, project))
  }),
  route(publicApi.listOrgUsers, async (call) => listing(await usersOf(call), presentUser)),
  route(publicApi.setOrgUserRoles, setRoles),
  route(publicApi.removeOrgUser, removeUser),
]

/** An organisation as the Public API shows it. */
export function presentOrg({ id, name, isDeleted }: Organisation): Entity {
  return { id, name, isDeleted, links: [self(path`/orgs/${id}`)] }
}

/** Whether a name begins with a text, whatever the case; with none they all do. */
export function startsWith(name: string, prefix: string | undefined): boolean {
  return prefix === undefined || name.toLowerCase().startsWith(prefix.toLowerCase())
}

async function createOrg({ control, caller, body }: Call<typeof publicApi.createOrg>) {
  const { organisations, members, events } = control
  const org = await organisations.create(body.name)
  const member = caller.user && (await members.get(caller.user.id))
  if (member) {
    const roles = [...member.roles, { roleName: 'ORG_OWNER', orgId: org.id }]
    await members.update(member, { roles })
  }
  await events.record('ORG_CREATED', { ...caller.actor, orgId: org.id })
  return presentOrg(org)
}

/** Whoever has a role in an organisation, or in one of its projects. */
export async function usersOf({ control, org }: { control: Call['control']; org: Organisation }) {
  const projects = control.projects.all()
  const isMember = (roles: Parameters<typeof mayInOrg>[0]) =>
    mayInOrg(
      roles.filter(({ groupId, orgId }) => groupId !== undefined || orgId !== undefined),
      org.id,
      projects,
      'ORG_MEMBER',
    )
  return (await control.members.all()).filter(({ id }) => isMember(control.members.rolesOf(id)))
}

async function memberOf(call: {
  control: Call['control']
  org: Organisation
  params: { userId: string }
}) {
  const { org, params } = call
  const member = (await usersOf(call)).find(({ id }) => id === params.userId)
  if (!member) throw refusal('USER_NOT_IN_ORG', params.userId, org.id)
  return member
}

async function setRoles(call: Call<typeof publicApi.setOrgUserRoles>) {
  const { control, caller, org, body } = call
  const member = await memberOf(call)
  const wanted = body.map(({ roleName, orgId = org.id, groupId }) => {
    if (!isOrgRole(roleName) || orgId !== org.id || groupId !== undefined) {
      throw refusal('INVALID_ROLE_FOR_ORG', roleName)
    }
    return { roleName, orgId }
  })
  const roles = [...rolesOutside(member.roles, org.id), ...wanted]
  checkTrust(caller, member, roles)
  const changed = await control.members.update(member, { roles })
  await recordRoles(call, member, member.roles, roles)
  return presentUser(changed)
}

async function removeUser(call: Call<typeof publicApi.removeOrgUser>) {
  const { control, org } = call
  const member = await memberOf(call)
  const projects = control.projects.all().filter((project) => project.org === org.id)
  const gone = new Set([org.id, ...projects.map(({ id }) => id)])
  const roles = member.roles.filter(({ groupId, orgId }) => !gone.has(groupId ?? orgId ?? ''))
  await control.members.update(member, { roles }, 'CANNOT_DELETE_LAST_OWNER')
  await recordRoles(call, member, member.roles, roles)
  await control.teams.forgetUser(member.id, org.id)
  return undefined
}
