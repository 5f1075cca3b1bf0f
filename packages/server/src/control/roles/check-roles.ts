import type { Organisations } from '../organisations/organisations.js'
import type { Projects } from '../projects/projects.js'
import { refusal } from '../refusal.js'
import { isGlobalRole, isGroupRole, isOrgRole, type RoleAssignment } from './roles.js'

/** A role as somebody asks for it. */
export interface WantedRole {
  readonly roleName: string
  readonly groupId?: string
  readonly orgId?: string
}

/** Checks that each role exists and says where it is to be held, and that this exists. */
export function checkRoleAssignments(
  wanted: readonly WantedRole[],
  projects: Projects,
  organisations: Organisations,
): readonly RoleAssignment[] {
  for (const { roleName, groupId, orgId } of wanted) {
    if (isGroupRole(roleName)) {
      if (groupId === undefined) throw refusal('ROLE_NEEDS_GROUP_ID', roleName)
      if (orgId !== undefined) throw refusal('ROLE_NEEDS_NO_ORG_ID', roleName)
      if (!projects.get(groupId)) throw refusal('GROUP_NOT_FOUND', groupId)
    } else if (isOrgRole(roleName)) {
      if (orgId === undefined) throw refusal('ROLE_NEEDS_ORG_ID', roleName)
      if (groupId !== undefined) throw refusal('ROLE_NEEDS_NO_GROUP_ID', roleName)
      if (!organisations.get(orgId)) throw refusal('ORG_NOT_FOUND', orgId)
    } else if (isGlobalRole(roleName)) {
      if (groupId !== undefined) throw refusal('ROLE_NEEDS_NO_GROUP_ID', roleName)
      if (orgId !== undefined) throw refusal('ROLE_NEEDS_NO_ORG_ID', roleName)
    } else {
      throw refusal('INVALID_ENUM_VALUE', 'roleName', roleName)
    }
  }
  return wanted
}
