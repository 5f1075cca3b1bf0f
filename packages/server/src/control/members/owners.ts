import type { Projects } from '../projects/projects.js'
import { refusal } from '../refusal.js'
import type { RoleAssignment } from '../roles/roles.js'
import type { Member, Membership } from './member.js'

/**
 * Throws when a user has, alone, a role that owns something, and would lose it: then nobody
 * could give it to anybody any more. An owner of its organisation owns a project as well.
 */
export function checkOwnersRemain(
  all: readonly Membership[],
  projects: Projects,
  member: Member,
  roles: readonly RoleAssignment[],
  reason?: string,
): void {
  const others = all.filter(({ id }) => id !== member.id).flatMap((other) => other.roles)
  const after = [...others, ...roles]
  for (const { roleName, groupId, orgId } of member.roles) {
    if (roleName === 'GLOBAL_OWNER' && !after.some((role) => role.roleName === roleName)) {
      throw refusal(reason ?? 'CANNOT_DEMOTE_LAST_OWNER', member.username)
    }
    if (roleName === 'ORG_OWNER' && !owns(after, roleName, orgId)) {
      throw refusal(reason ?? 'CANNOT_DEMOTE_LAST_ORG_OWNER', member.username)
    }
    if (roleName === 'GROUP_OWNER' && groupId !== undefined) {
      const project = projects.get(groupId)
      if (!project) continue
      const isOwned = owns(after, roleName, groupId) || owns(after, 'ORG_OWNER', project.org)
      if (!isOwned) throw refusal(reason ?? 'CANNOT_DEMOTE_LAST_OWNER', member.username)
    }
  }
}

function owns(roles: readonly RoleAssignment[], name: string, scope: string | undefined): boolean {
  return roles.some(
    ({ roleName, groupId, orgId }) => roleName === name && (groupId ?? orgId) === scope,
  )
}
