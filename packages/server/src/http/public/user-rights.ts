import type { Caller } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { Member } from '../../control/members/member.js'
import { refusal } from '../../control/refusal.js'
import {
  holdsGlobal,
  isInGroup,
  lendsTrust,
  mayInGroup,
  mayInOrg,
  type RoleAssignment,
} from '../../control/roles/roles.js'

type Roles = readonly RoleAssignment[]

/** Whether somebody administers the users of a project that a user is in. */
export function administers(control: Control, roles: Roles, member: Member): boolean {
  if (holdsGlobal(roles, 'GLOBAL_USER_ADMIN')) return true
  const scoped = control.members.rolesOf(member.id).filter(({ groupId, orgId }) => groupId ?? orgId)
  return control.projects
    .all()
    .some((project) => isInGroup(scoped, project) && mayInGroup(roles, project, 'GROUP_USER_ADMIN'))
}

/** Whether somebody could give, and take, every role that a user has. */
export function administersAll(control: Control, caller: Caller, { id }: Member): boolean {
  return control.members
    .rolesOf(id)
    .every((role) => refusalToGive(control, caller, role) === undefined)
}

/** Throws unless the caller may give, and take, these roles. */
export function checkMayGive(control: Control, caller: Caller, roles: Roles): void {
  for (const role of roles) {
    const code = refusalToGive(control, caller, role)
    if (code !== undefined) throw refusal(code, role.groupId ?? role.orgId ?? role.roleName)
  }
}

/** Throws unless the caller may change a user's roles so; see `lendsTrust`. */
export function checkTrust({ user, roles }: Caller, member: Member, after: Roles): void {
  if (user?.id === member.id || holdsGlobal(roles)) return
  if (lendsTrust(member.roles, after)) throw refusal('NOT_GLOBAL_USER_ADMIN')
}

/** The roles in which two lists differ. */
export function changedRoles(before: Roles, after: Roles): Roles {
  return [...without(before, after), ...without(after, before)]
}

function without(roles: Roles, others: Roles): Roles {
  return roles.filter((role) => !others.some((other) => isSame(role, other)))
}

function isSame(a: RoleAssignment, b: RoleAssignment): boolean {
  return a.roleName === b.roleName && a.groupId === b.groupId && a.orgId === b.orgId
}

function refusalToGive(
  control: Control,
  { roles }: Caller,
  { groupId, orgId }: RoleAssignment,
): string | undefined {
  if (holdsGlobal(roles)) return undefined
  if (groupId !== undefined) {
    const project = control.projects.get(groupId)
    const may = project && mayInGroup(roles, project, 'GROUP_USER_ADMIN')
    return may ? undefined : 'NOT_GROUP_USER_ADMIN'
  }
  if (orgId === undefined) return 'CANNOT_ADD_GLOBAL_ROLE'
  return mayInOrg(roles, orgId, [], 'ORG_OWNER') ? undefined : 'NOT_ORG_OWNER'
}
