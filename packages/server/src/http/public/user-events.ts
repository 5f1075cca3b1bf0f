/** What the audit log is told of users, and where it can be read. */
import type { EventType } from '@gantry/api'
import type { EventFacts } from '../../control/events/event.js'
import type { Member } from '../../control/members/member.js'
import type { RoleAssignment } from '../../control/roles/roles.js'
import type { Call } from './route.js'

type Context = Pick<Call, 'control' | 'caller'>
type User = Pick<Member, 'id' | 'username' | 'roles'>
type Roles = readonly RoleAssignment[]

/** An event of a user in the organisation where they are at home, or else in the caller's. */
export async function recordOfUser(
  { control, caller }: Context,
  type: EventType,
  user: User,
  facts: EventFacts = {},
): Promise<void> {
  const orgId = homeOf(control, user) ?? homeOfCaller({ control, caller })
  const target = { targetUsername: user.username }
  await control.events.record(type, { ...caller.actor, orgId, ...target, ...facts })
}

/** An event for each project and organisation in which a user's roles have changed. */
export async function recordRoles(
  call: Context,
  user: User,
  before: Roles,
  after: Roles,
): Promise<void> {
  for (const [scope, roles] of byScope([...before, ...after])) {
    const [was, is] = [namesIn(before, scope), namesIn(after, scope)]
    if (was.join() === is.join()) continue
    const [{ groupId, orgId }] = roles
    const kind = groupId === undefined ? 'ORG' : 'GROUP'
    const type = changeOf(kind, was.length, is.length)
    const where = groupId === undefined && orgId === undefined ? {} : { groupId, orgId }
    await recordOfUser(call, scope === '' ? 'USER_ROLES_CHANGED_AUDIT' : type, user, {
      ...where,
      roles: is.join(' '),
    })
  }
}

function changeOf(kind: 'ORG' | 'GROUP', before: number, after: number): EventType {
  if (before === 0) return `JOINED_${kind}`
  return after === 0 ? `REMOVED_FROM_${kind}` : 'USER_ROLES_CHANGED_AUDIT'
}

/** Roles by the project or organisation that they are in; those everywhere under nothing. */
function byScope(roles: Roles): Map<string, RoleAssignment[]> {
  const scopes = new Map<string, RoleAssignment[]>()
  for (const role of roles) {
    const scope = scopeOf(role)
    scopes.set(scope, [...(scopes.get(scope) ?? []), role])
  }
  return scopes
}

function scopeOf({ groupId, orgId }: RoleAssignment): string {
  return groupId ?? orgId ?? ''
}

function namesIn(roles: Roles, scope: string): string[] {
  const there = roles.filter((role) => scopeOf(role) === scope)
  return [...new Set(there.map(({ roleName }) => roleName))].sort()
}

/** The organisation of an account's own, or the first that the user has a role in. */
function homeOf({ projects }: Call['control'], { id, roles }: User): string | undefined {
  const orgs = roles.map(({ groupId = '', orgId }) => orgId ?? projects.get(groupId)?.org)
  return projects.ofAccount(id)?.org ?? orgs.find((org) => org !== undefined)
}

function homeOfCaller({ control, caller: { user, key, roles } }: Context): string | undefined {
  if (user) return homeOf(control, { ...user, roles })
  return key?.org ?? control.projects.ofAccount(key?.account ?? '')?.org
}
