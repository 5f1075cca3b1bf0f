import { type EventType, publicApi } from '@gantry/api'
import type { ApiKey } from '../../control/api-keys/api-keys.js'
import { checkRoles } from '../../control/api-keys/key-ring.js'
import type { Organisation } from '../../control/organisations/organisations.js'
import { refusal } from '../../control/refusal.js'
import { isGroupRole, isOrgRole, rolesOutside } from '../../control/roles/roles.js'
import { presentKey } from './present-key.js'
import { listing } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

export const apiKeyRoutes: readonly PublicRoute[] = [
  route(publicApi.listOrgKeys, ({ control, org }) =>
    listing(control.keys.ofOrg(org.id), (key) => presentKey(key)),
  ),
  route(publicApi.createOrgKey, async (call) => {
    const { org, body } = call
    return create(call, org.id, body.desc, orgRolesOf(body.roles, org.id))
  }),
  route(publicApi.getOrgKey, (call) => presentKey(orgKey(call))),
  route(publicApi.updateOrgKey, async (call) => {
    const { control, org, body } = call
    const key = orgKey(call)
    if (body.roles) checkRoles(body.roles)
    const inGroups = key.roles.filter(({ orgId }) => orgId !== org.id)
    const roles = body.roles && [...inGroups, ...orgRolesOf(body.roles, org.id)]
    const description = body.desc
    const changes = { ...(roles && { roles }), ...(description !== undefined && { description }) }
    const changed = await control.keys.update(key, changes)
    await record(call, 'API_KEY_CHANGED', changed, { orgId: org.id })
    return presentKey(changed)
  }),
  route(publicApi.deleteOrgKey, async (call) => {
    const key = orgKey(call)
    await call.control.keys.remove(key)
    await call.control.accessLists.forget(key.id)
    await record(call, 'API_KEY_DELETED', key, { orgId: call.org.id })
    return undefined
  }),
  route(publicApi.listGroupKeys, ({ control, group }) =>
    listing(
      control.keys.ofOrg(group.org).filter((key) => isInGroupDirectly(key, group.id)),
      (key) => presentKey(key),
    ),
  ),
  route(publicApi.createGroupKey, async (call) => {
    const { group, body } = call
    const member = { roleName: 'ORG_MEMBER', orgId: group.org }
    const roles = groupRolesOf(body.roles, group.id)
    return create(call, group.org, body.desc, roles.length > 0 ? [member, ...roles] : [], group.id)
  }),
  route(publicApi.updateGroupKey, async (call) => {
    const { control, group, params, body } = call
    checkRoles(body.roles)
    const key = control.keys.get(params.keyId)
    if (!key || key.org !== group.org) throw refusal('API_KEY_NOT_FOUND', params.keyId)
    const roles = [...rolesOutside(key.roles, group.id), ...groupRolesOf(body.roles, group.id)]
    const changed = await control.keys.update(key, { roles })
    await record(call, 'API_KEY_CHANGED', changed, { groupId: group.id })
    return presentKey(changed)
  }),
  route(publicApi.removeGroupKey, async (call) => {
    const { control, group, params } = call
    const key = control.keys.get(params.keyId)
    if (!key || !isInGroupDirectly(key, group.id)) {
      throw refusal('API_KEY_NOT_FOUND', params.keyId)
    }
    const changed = await control.keys.update(key, { roles: rolesOutside(key.roles, group.id) })
    await record(call, 'API_KEY_CHANGED', changed, { groupId: group.id })
    return undefined
  }),
]

/** The key of an organisation that a path names. */
export function orgKey({
  control,
  org,
  params,
}: Pick<Call, 'control'> & {
  readonly org: Organisation
  readonly params: { readonly keyId: string }
}): ApiKey {
  const key = control.keys.get(params.keyId)
  if (!key || key.org !== org.id) throw refusal('API_KEY_NOT_FOUND', params.keyId)
  return key
}

function isInGroupDirectly({ roles }: ApiKey, group: string): boolean {
  return roles.some(({ groupId }) => groupId === group)
}

function orgRolesOf(names: readonly string[], orgId: string) {
  return names.map((roleName) => {
    if (!isOrgRole(roleName)) throw refusal('INVALID_ROLE_FOR_ORG', roleName)
    return { roleName, orgId }
  })
}

function groupRolesOf(names: readonly string[], groupId: string) {
  return names.map((roleName) => {
    if (!isGroupRole(roleName)) throw refusal('INVALID_ROLE_FOR_GROUP', roleName)
    return { roleName, groupId }
  })
}

type Context = Pick<Call, 'control' | 'caller'>

async function create(
  call: Context,
  org: string,
  description: string,
  roles: ApiKey['roles'],
  groupId?: string,
) {
  const { control, caller } = call
  const account = caller.user?.id ?? caller.key?.account ?? ''
  const { key, privateKey } = await control.keys.create({ org, description, roles, account })
  await record(call, 'API_KEY_CREATED', key, { orgId: org, groupId })
  return presentKey(key, privateKey)
}

async function record(
  { control, caller }: Context,
  type: EventType,
  { publicKey }: ApiKey,
  where: { readonly orgId?: string; readonly groupId?: string },
): Promise<void> {
  await control.events.record(type, { ...caller.actor, ...where, targetPublicKey: publicKey })
}
