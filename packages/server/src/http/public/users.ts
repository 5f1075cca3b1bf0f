import { publicApi } from '@gantry/api'
import type { Caller } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { Member } from '../../control/members/member.js'
import { refusal } from '../../control/refusal.js'
import { checkRoleAssignments } from '../../control/roles/check-roles.js'
import { holdsGlobal } from '../../control/roles/roles.js'
import { presentKey } from './present-key.js'
import { presentUser } from './present-user.js'
import { listing } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'
import { recordOfUser, recordRoles } from './user-events.js'
import {
  administers,
  administersAll,
  changedRoles,
  checkMayGive,
  checkTrust,
} from './user-rights.js'

type WithUser = Pick<Call, 'control' | 'caller'> & { readonly params: { readonly userId: string } }

export const userRoutes: readonly PublicRoute[] = [
  route(publicApi.createUser, createUser),
  route(publicApi.getUser, async (call) => presentUser(await userIn(call)), admitAdmin),
  route(publicApi.getUserByName, async ({ control, caller, params }) => {
    const member = await control.members.byUsername(params.username)
    if (!member) throw refusal('USERNAME_NOT_FOUND', params.username)
    checkMaySee(control, caller, member)
    return presentUser(member)
  }),
  route(publicApi.updateUser, updateUser, admitAdmin),
  route(publicApi.deleteUser, deleteUser, async (call) => void (await userIn(call))),
  route(
    publicApi.listPersonalKeys,
    ({ control, params }) => listing(control.keys.ofUser(params.userId), (key) => presentKey(key)),
    admitSelf,
  ),
  route(publicApi.createPersonalKey, createPersonalKey, admitSelf),
  route(publicApi.getPersonalKey, (call) => presentKey(personalKey(call)), admitSelf),
  route(
    publicApi.deletePersonalKey,
    async (call) => {
      const { control } = call
      const key = personalKey(call)
      await control.keys.remove(key)
      await recordOfUser(call, 'API_KEY_DELETED', await userIn(call), {
        targetPublicKey: key.publicKey,
      })
      return undefined
    },
    admitSelf,
  ),
]

/** The user that a path names. Rejects when there is none. */
export async function userIn({ control, params }: WithUser): Promise<Member> {
  const member = await control.members.get(params.userId)
  if (!member) throw refusal('USER_NOT_FOUND', params.userId)
  return member
}

/** Rejects unless the caller is the user that the path names, or owns everything. */
export async function admitSelf(call: WithUser): Promise<void> {
  const { id } = await userIn(call)
  const { user, roles } = call.caller
  if (user?.id !== id && !holdsGlobal(roles)) throw refusal('NOT_SELF', id)
}

async function admitAdmin(call: WithUser): Promise<void> {
  checkMaySee(call.control, call.caller, await userIn(call))
}

function checkMaySee(control: Control, { user, roles }: Caller, member: Member): void {
  if (user?.id === member.id || administers(control, roles, member)) return
  throw refusal('NOT_USER_ADMIN', member.id)
}

async function createUser(call: Call<typeof publicApi.createUser>) {
  const { control, caller, body } = call
  const { members, projects, organisations } = control
  const roles = checkRoleAssignments(body.roles ?? [], projects, organisations)
  checkMayGive(control, caller, roles)
  if (roles.length === 0 && !holdsGlobal(caller.roles, 'GLOBAL_USER_ADMIN')) {
    throw refusal('NOT_GLOBAL_USER_ADMIN')
  }
  const member = await members.create({ ...body, roles })
  await recordOfUser(call, 'USER_CREATED', member)
  await recordRoles(call, member, [], roles)
  return presentUser(member)
}

async function updateUser(call: Call<typeof publicApi.updateUser>) {
  const { control, caller, body } = call
  const member = await userIn(call)
  const { roles: wanted, ...profile } = body
  const isSelf = caller.user?.id === member.id
  // Who could set the password of somebody with more rights would have these rights.
  if (Object.keys(profile).length > 0 && !isSelf && !administersAll(control, caller, member)) {
    throw refusal('NOT_USER_ADMIN', member.id)
  }
  if (!wanted) {
    const changed = await control.members.update(member, profile)
    await recordOfUser(call, 'USER_CHANGED', member)
    return presentUser(changed)
  }
  const roles = checkRoleAssignments(wanted, control.projects, control.organisations)
  checkMayGive(control, caller, changedRoles(member.roles, roles))
  checkTrust(caller, member, roles)
  const changed = await control.members.update(member, { ...profile, roles })
  if (Object.keys(profile).length > 0) await recordOfUser(call, 'USER_CHANGED', member)
  await recordRoles(call, member, member.roles, roles)
  return presentUser(changed)
}

async function deleteUser(call: Call<typeof publicApi.deleteUser>) {
  const { control, params } = call
  const member = await userIn(call)
  const hasInstances = control.instances.all().some(({ account }) => account === params.userId)
  if (hasInstances) throw refusal('CANNOT_DELETE_USER_WITH_INSTANCES', params.userId)
  await control.members.remove(member)
  for (const key of control.keys.ofUser(member.id)) await control.keys.remove(key)
  await control.accessLists.forget(member.id)
  await recordRoles(call, member, member.roles, [])
  await recordOfUser(call, 'USER_DELETED', member)
  return undefined
}

async function createPersonalKey(call: Call<typeof publicApi.createPersonalKey>) {
  const { control, body } = call
  const member = await userIn(call)
  const { key, privateKey } = await control.keys.createPersonal(member, body.desc)
  await recordOfUser(call, 'API_KEY_CREATED', member, { targetPublicKey: key.publicKey })
  return presentKey(key, privateKey)
}

function personalKey({
  control,
  params,
}: Pick<Call, 'control'> & {
  readonly params: { readonly userId: string; readonly keyId: string }
}) {
  const key = control.keys.ofUser(params.userId).find(({ id }) => id === params.keyId)
  if (!key) throw refusal('API_KEY_NOT_FOUND', params.keyId)
  return key
}
