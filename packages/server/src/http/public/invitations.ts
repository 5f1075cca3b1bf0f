import { type EventType, publicApi } from '@gantry/api'
import type { Caller } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { Invitation } from '../../control/invitations/invitation.js'
import type { Organisation } from '../../control/organisations/organisations.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { isGroupRole, isInGroup, isOrgRole } from '../../control/roles/roles.js'
import { usersOf } from './orgs.js'
import { presentUser } from './present-user.js'
import { type Entity, linkTo, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'
import { recordOfUser, recordRoles } from './user-events.js'

export const invitationRoutes: readonly PublicRoute[] = [
  route(publicApi.listOrgInvitations, (call) => list(call)),
  route(publicApi.createOrgInvitation, async (call) => {
    const { body, org } = call
    checkOrg(call, body)
    const isThere = (await usersOf(call)).some(({ username }) => username === body.username)
    if (isThere) throw refusal('USER_ALREADY_IN_ORG', body.username, org.id)
    return create(call, body)
  }),
  route(publicApi.updateOrgInvitationByName, (call) => {
    checkOrg(call, call.body)
    return update(call, byName(call, call.body.username), call.body)
  }),
  route(publicApi.getOrgInvitation, (call) => present(call, byId(call))),
  route(publicApi.updateOrgInvitation, (call) => {
    checkOrg(call, call.body)
    return update(call, byId(call), call.body)
  }),
  route(publicApi.deleteOrgInvitation, (call) => remove(call)),
  route(publicApi.listGroupInvitations, (call) => list(call)),
  route(publicApi.createGroupInvitation, async (call) => {
    const { control, body, group } = call
    checkRoles(body.roles, isGroupRole, 'INVALID_ROLE_FOR_GROUP')
    const member = await control.members.byUsername(body.username)
    const scoped = member?.roles.filter(({ orgId, groupId }) => orgId ?? groupId) ?? []
    if (isInGroup(scoped, group)) throw refusal('USER_ALREADY_IN_GROUP', body.username, group.id)
    return create(call, body)
  }),
  route(publicApi.updateGroupInvitationByName, (call) => {
    checkRoles(call.body.roles, isGroupRole, 'INVALID_ROLE_FOR_GROUP')
    return update(call, byName(call, call.body.username), call.body)
  }),
  route(publicApi.getGroupInvitation, (call) => present(call, byId(call))),
  route(publicApi.updateGroupInvitation, (call) => {
    checkRoles(call.body.roles, isGroupRole, 'INVALID_ROLE_FOR_GROUP')
    return update(call, byId(call), call.body)
  }),
  route(publicApi.deleteGroupInvitation, (call) => remove(call)),
  route(publicApi.acceptInvitation, accept),
]

/** A call about invitations into an organisation or a project. */
interface Context {
  readonly control: Control
  readonly caller: Caller
  readonly group: Project | undefined
  readonly org: Organisation | undefined
  readonly now: () => number
}

interface Wanted {
  readonly roles: readonly string[]
  readonly teamIds?: readonly string[]
}

function scopeOf({ group, org }: Context): string {
  return group?.id ?? org?.id ?? ''
}

function pending(call: Context): readonly Invitation[] {
  return call.control.invitations.pending(scopeOf(call), call.now())
}

function list(call: Context & { readonly query: { readonly username: string | undefined } }) {
  const { username } = call.query
  return pending(call)
    .filter((one) => username === undefined || one.username === username)
    .map((one) => {
      const { links, ...fields } = present(call, one)
      return { ...fields, links: links.slice(0, 1) }
    })
}

function byId(call: Context & { readonly params: { readonly invitationId: string } }): Invitation {
  const { invitationId } = call.params
  const invitation = pending(call).find(({ id }) => id === invitationId)
  if (!invitation) throw refusal('INVITATION_NOT_FOUND', invitationId)
  return invitation
}

function byName(call: Context, username: string): Invitation {
  const invitation = pending(call).find((one) => one.username === username)
  if (!invitation) throw refusal('INVITATION_NOT_FOUND', username)
  return invitation
}

function checkOrg({ control, org }: Context, { roles, teamIds = [] }: Wanted): void {
  checkRoles(roles, isOrgRole, 'INVALID_ROLE_FOR_ORG')
  const wrong = teamIds.find((id) => control.teams.get(id)?.org !== org?.id)
  if (wrong !== undefined) throw refusal('TEAM_NOT_FOUND', wrong)
}

function checkRoles(
  roles: readonly string[],
  isRole: (name: string) => boolean,
  reason: string,
): void {
  if (roles.length === 0) throw refusal('MISSING_ATTRIBUTE', 'roles')
  const wrong = roles.find((name) => !isRole(name))
  if (wrong !== undefined) throw refusal(reason, wrong)
}

async function record(
  call: Context,
  [inOrg, inGroup]: readonly [EventType, EventType],
  { username }: Invitation,
): Promise<void> {
  const { control, caller, group, org } = call
  const where = group ? { groupId: group.id } : { orgId: org?.id }
  const facts = { ...caller.actor, ...where, targetUsername: username }
  await control.events.record(group ? inGroup : inOrg, facts)
}

async function create(call: Context, wanted: Wanted & { readonly username: string }) {
  const { control, caller, group, now } = call
  const { username, roles, teamIds = [] } = wanted
  const given = {
    scope: scopeOf(call),
    kind: group ? ('group' as const) : ('org' as const),
    username,
    inviterUsername: caller.user?.username ?? caller.key?.publicKey ?? '',
    roles: [...new Set(roles)],
    teamIds: [...new Set(teamIds)],
  }
  const { invitation, token } = await control.invitations.create(given, now())
  await record(call, ['INVITED_TO_ORG', 'INVITED_TO_GROUP'], invitation)
  return { ...present(call, invitation), acceptToken: token }
}

async function update(call: Context, invitation: Invitation, { roles, teamIds }: Wanted) {
  const changes = { roles: [...new Set(roles)], ...(teamIds && { teamIds: [...new Set(teamIds)] }) }
  const changed = await call.control.invitations.update(invitation, changes)
  await record(call, ['ORG_INVITATION_CHANGED', 'GROUP_INVITATION_CHANGED'], changed)
  return present(call, changed)
}

async function remove(
  call: Context & { readonly params: { readonly invitationId: string } },
): Promise<undefined> {
  const invitation = byId(call)
  await call.control.invitations.remove(invitation)
  await record(call, ['ORG_INVITATION_DELETED', 'GROUP_INVITATION_DELETED'], invitation)
  return undefined
}

function present({ control, group, org }: Context, invitation: Invitation): Entity {
  const { id, username, inviterUsername, roles, teamIds, createdMs, expiresMs } = invitation
  const orgId = org?.id ?? group?.org ?? ''
  const above = group ? path`/groups/${group.id}` : path`/orgs/${orgId}`
  return {
    createdAt: new Date(createdMs),
    expiresAt: new Date(expiresMs),
    groupId: group?.id,
    groupName: group?.name,
    id,
    inviterUsername,
    orgId: group ? undefined : orgId,
    orgName: group ? undefined : control.organisations.get(orgId)?.name,
    roles,
    teamIds: group ? undefined : teamIds,
    username,
    links: [self(`${above}/invites/${id}`), linkTo(group ? 'group' : 'org', above)],
  }
}

async function accept(call: Call<typeof publicApi.acceptInvitation>): Promise<Entity> {
  const { control, caller, body, now } = call
  const { token, ...newcomer } = body
  const { member, isNew, before, teamIds, invitation } = await control.invitations.accept(
    token,
    newcomer,
    now(),
  )
  if (isNew) await recordOfUser(call, 'USER_CREATED', member)
  await recordRoles(call, member, before, member.roles)
  for (const teamId of teamIds) {
    const facts = { ...caller.actor, orgId: invitation.scope, teamId }
    await control.events.record('JOINED_TEAM', { ...facts, targetUsername: member.username })
  }
  return presentUser((await control.members.get(member.id)) ?? member)
}
