/**
 * What roles allow. Any role in a project makes its holder a member of it, and of its
 * organisation; owners have all roles of what they own; a global role is the same one in
 * every project.
 */
import {
  type GlobalRole,
  type GroupRole,
  globalRoles,
  groupRoles,
  type OrgRole,
  orgRoles,
} from '@gantry/api'
import { type Doc, ObjectId } from '@gantry/bson'
import { textIn } from '../state.js'

/** A role, and where it is held: in a project, in an organisation or, with neither, everywhere. */
export interface RoleAssignment {
  readonly roleName: string
  readonly groupId?: string
  readonly orgId?: string
}

/** A project as far as roles are concerned. */
export interface RoleScope {
  readonly id: string
  readonly org: string
}

type Roles = readonly RoleAssignment[]

/** Whether somebody has one of these global roles, or owns everything. */
export function holdsGlobal(roles: Roles, ...wanted: readonly string[]): boolean {
  return roles.some(({ roleName }) => roleName === 'GLOBAL_OWNER' || wanted.includes(roleName))
}

/** Whether somebody has any role in a project. */
export function isInGroup(roles: Roles, project: RoleScope): boolean {
  return groupRolesIn(roles, project).length > 0
}

/** Whether somebody has one of these roles in a project; reading is what every member may. */
export function mayInGroup(
  roles: Roles,
  project: RoleScope,
  ...wanted: readonly GroupRole[]
): boolean {
  const held = groupRolesIn(roles, project)
  if (held.includes('GROUP_OWNER')) return true
  return wanted.includes('GROUP_READ_ONLY')
    ? held.length > 0
    : wanted.some((role) => held.includes(role))
}

/** Whether somebody has one of these roles in an organisation, whose projects count for membership. */
export function mayInOrg(
  roles: Roles,
  org: string,
  projects: readonly RoleScope[],
  ...wanted: readonly OrgRole[]
): boolean {
  const held = roles.filter(({ orgId }) => orgId === org).map(({ roleName }) => roleName)
  if (held.includes('ORG_OWNER') || holdsGlobal(roles)) return true
  if (wanted.some((role) => held.includes(role))) return true
  if (!wanted.includes('ORG_MEMBER')) return false
  return (
    held.length > 0 || projects.some((project) => project.org === org && isInGroup(roles, project))
  )
}

/** The names of the roles that somebody has in a project, those that follow from others elsewhere included. */
export function groupRolesIn(roles: Roles, { id, org }: RoleScope): readonly string[] {
  return roles.flatMap(({ roleName, groupId, orgId }) => {
    if (groupId !== undefined) return groupId === id ? [roleName] : []
    if (orgId !== undefined) return orgId === org ? (throughOrg[roleName] ?? []) : []
    const inGroup = roleName.replace(/^GLOBAL_/, 'GROUP_')
    return inGroup !== roleName ? [inGroup] : []
  })
}

const throughOrg: { readonly [role: string]: readonly string[] } = {
  ORG_OWNER: ['GROUP_OWNER'],
  ORG_READ_ONLY: ['GROUP_READ_ONLY'],
}

export function isGroupRole(name: string): name is GroupRole {
  return (groupRoles as readonly string[]).includes(name)
}

export function isOrgRole(name: string): name is OrgRole {
  return (orgRoles as readonly string[]).includes(name)
}

export function isGlobalRole(name: string): name is GlobalRole {
  return (globalRoles as readonly string[]).includes(name)
}

/**
 * Whether a change makes somebody with a global role the owner of an organisation, for which
 * programs are then run on this machine: not for those to decide who own it so far.
 */
export function lendsTrust(before: Roles, after: Roles): boolean {
  const owned = (roles: Roles) => roles.filter(({ roleName }) => roleName === 'ORG_OWNER')
  const isNew = (org: string | undefined) => !owned(before).some(({ orgId }) => orgId === org)
  const isGlobal = before.some((role) => (role.groupId ?? role.orgId) === undefined)
  return isGlobal && owned(after).some(({ orgId }) => isNew(orgId))
}

/** The roles that somebody has elsewhere than in a project or an organisation. */
export function rolesOutside(roles: Roles, scope: string): readonly RoleAssignment[] {
  return roles.filter(({ groupId, orgId }) => groupId !== scope && orgId !== scope)
}

/** Roles as the state keeps them. */
export function writeRoles(roles: Roles) {
  return roles.map(({ roleName, groupId, orgId }) => ({
    role: roleName,
    ...(groupId !== undefined && { group: new ObjectId(groupId) }),
    ...(orgId !== undefined && { org: new ObjectId(orgId) }),
  }))
}

/** Reads what `writeRoles` wrote, and the bare names of global roles that were written before. */
export function readRoles(doc: Doc): RoleAssignment[] {
  const roles = doc.get('roles')
  if (!Array.isArray(roles)) throw new TypeError('state: roles is not a list')
  return (roles as (string | Doc)[]).map((role) => {
    if (typeof role === 'string') return { roleName: role }
    const [group, org] = [role.get('group'), role.get('org')]
    return {
      roleName: textIn(role, 'role'),
      ...(group instanceof ObjectId && { groupId: group.toHexString() }),
      ...(org instanceof ObjectId && { orgId: org.toHexString() }),
    }
  })
}
