import { idParameters, type PublicEndpoint } from '@gantry/api'
import type { Caller } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { Organisation } from '../../control/organisations/organisations.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { holdsGlobal, isInGroup, mayInGroup, mayInOrg } from '../../control/roles/roles.js'

type Params = { readonly [name: string]: string }

/** Where a call goes, as far as its path names it. */
export interface Scope {
  readonly group: Project | undefined
  readonly org: Organisation | undefined
}

const ID = /^[0-9a-f]{24}$/

/** Throws unless all ids of a path have the form of one, and what the path is below exists. */
export function findScope(endpoint: PublicEndpoint, params: Params, control: Control): Scope {
  for (const [name, value] of Object.entries(params)) {
    const code = idParameters[name]
    if (code !== undefined && !ID.test(value)) throw refusal(code, value)
  }
  const { groupId, orgId } = params
  const group = groupId === undefined ? undefined : control.projects.get(groupId)
  if (groupId !== undefined && !group) throw refusal('GROUP_NOT_FOUND', groupId)
  const org = orgId === undefined ? undefined : findOrg(endpoint, orgId, control)
  return { group, org }
}

/** Organisations that are deleted can still be seen, but not used. */
function findOrg({ path, method }: PublicEndpoint, id: string, control: Control): Organisation {
  const isSeen = method === 'GET' && path === '/orgs/{orgId}'
  const org = isSeen
    ? control.organisations.all().find((one) => one.id === id)
    : control.organisations.get(id)
  if (!org) throw refusal('ORG_NOT_FOUND', id)
  return org
}

/** Throws unless the caller is a member of where the call goes and has the role for it. */
export function authorize(
  { who }: PublicEndpoint,
  { roles }: Caller,
  { group, org }: Scope,
  control: Control,
): void {
  const projects = control.projects.all()
  if (group && !isInGroup(roles, group)) throw refusal('NOT_IN_GROUP', group.id)
  if (org && !mayInOrg(roles, org.id, projects, 'ORG_MEMBER')) {
    throw refusal('USER_CANNOT_ACCESS_ORG', org.id)
  }
  const refuse = (code = 'USER_UNAUTHORIZED') => {
    throw refusal(code, ...[group?.id ?? org?.id ?? []].flat())
  }
  if (who.scope === 'global' && !holdsGlobal(roles, ...who.roles)) refuse(who.refusal)
  if (who.scope === 'group' && group && !mayInGroup(roles, group, ...who.roles)) {
    refuse(who.refusal)
  }
  if (who.scope === 'org' && org && !mayInOrg(roles, org.id, projects, ...who.roles)) {
    refuse(who.refusal)
  }
}
