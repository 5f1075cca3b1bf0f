import { publicApi } from '@gantry/api'
import type { Control } from '../../control/control.js'
import type { Member } from '../../control/members/member.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { isGroupRole, isInGroup, rolesOutside } from '../../control/roles/roles.js'
import { presentUser } from './present-user.js'
import { listing } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'
import { recordRoles } from './user-events.js'

export const groupUserRoutes: readonly PublicRoute[] = [
  route(publicApi.listGroupUsers, async ({ control, group, query }) => {
    const all = await control.members.all()
    const scoped = (member: Member) => member.roles.filter(({ orgId, groupId }) => orgId ?? groupId)
    const teams = query.flattenTeams === true ? control.teams.inProject(group.id) : []
    const isUser = (member: Member) =>
      isDirectly(member, group) ||
      teams.some(({ users }) => users.includes(member.id)) ||
      (query.includeOrgUsers === true && isInGroup(scoped(member), group))
    return listing(all.filter(isUser), presentUser)
  }),
  route(publicApi.addGroupUsers, addUsers),
  route(publicApi.setGroupUserRoles, async (call) => {
    const { control, group, params, body } = call
    const member = await memberIn(control, group, params.userId)
    return presentUser(await setRoles(call, member, groupRolesOf(body, group)))
  }),
  route(publicApi.removeGroupUser, async (call) => {
    const { control, group, params } = call
    const member = await memberIn(control, group, params.userId)
    const roles = rolesOutside(member.roles, group.id)
    await control.members.update(member, { roles }, 'CANNOT_DELETE_LAST_OWNER')
    await recordRoles(call, member, member.roles, roles)
    return undefined
  }),
]

function isDirectly({ roles }: Member, { id }: Project): boolean {
  return roles.some(({ groupId }) => groupId === id)
}

async function memberIn(control: Control, group: Project, userId: string): Promise<Member> {
  const member = await control.members.get(userId)
  if (!member || !isDirectly(member, group)) throw refusal('USER_NOT_IN_GROUP', userId, group.id)
  return member
}

interface WantedRole {
  readonly roleName: string
  readonly groupId?: string
  readonly orgId?: string
}

function groupRolesOf(wanted: readonly WantedRole[], { id }: Project) {
  return wanted.map(({ roleName, groupId = id, orgId }) => {
    if (!isGroupRole(roleName) || orgId !== undefined) {
      throw refusal('INVALID_ROLE_FOR_GROUP', roleName)
    }
    if (groupId !== id) throw refusal('GROUP_MISMATCH', groupId)
    return { roleName, groupId }
  })
}

async function setRoles(
  call: Pick<Call, 'control' | 'caller'> & { group: Project },
  member: Member,
  wanted: readonly { readonly roleName: string; readonly groupId: string }[],
): Promise<Member> {
  const roles = [...rolesOutside(member.roles, call.group.id), ...wanted]
  const changed = await call.control.members.update(member, { roles })
  await recordRoles(call, member, member.roles, roles)
  return changed
}

async function addUsers(call: Call<typeof publicApi.addGroupUsers>) {
  const { control, group, body } = call
  // All of it is checked before any of it is done.
  const wanted: { member: Member; roles: ReturnType<typeof groupRolesOf> }[] = []
  for (const { id, roles } of body) {
    const member = /^[0-9a-f]{24}$/.test(id) ? await control.members.get(id) : undefined
    if (!member) throw refusal('USER_NOT_FOUND', id)
    wanted.push({ member, roles: groupRolesOf(roles, group) })
  }
  const changed: Member[] = []
  for (const { member, roles } of wanted) changed.push(await setRoles(call, member, roles))
  return listing(changed, presentUser)
}
