import { publicApi } from '@gantry/api'
import type { AccessEntry } from '../../control/access-lists/access-entry.js'
import type { ApiKey } from '../../control/api-keys/api-keys.js'
import type { EventFacts } from '../../control/events/event.js'
import { refusal } from '../../control/refusal.js'
import { orgKey } from './api-keys.js'
import { type Entity, linkTo, listing, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'
import { admitSelf } from './users.js'

const keyRoutes: readonly PublicRoute[] = [
  route(publicApi.listKeyAccess, (call) => listOf(call, ownerKey(orgKey(call)))),
  route(publicApi.addKeyAccess, (call) => add(call, ownerKey(orgKey(call)))),
  route(publicApi.getKeyAccess, (call) => {
    const owner = ownerKey(orgKey(call))
    return present(owner, find(call, owner))
  }),
  route(publicApi.deleteKeyAccess, (call) => remove(call, ownerKey(orgKey(call)))),
]

export const accessListRoutes: readonly PublicRoute[] = [
  route(publicApi.listUserAccess, (call) => listOf(call, ownerUser(call)), admitSelf),
  route(publicApi.addUserAccess, (call) => add(call, ownerUser(call)), admitSelf),
  route(
    publicApi.getUserAccess,
    (call) => present(ownerUser(call), find(call, ownerUser(call))),
    admitSelf,
  ),
  route(publicApi.deleteUserAccess, (call) => remove(call, ownerUser(call)), admitSelf),
  ...keyRoutes,
]

/** Whose access list it is. */
interface Owner {
  readonly id: string
  /** Where its list is. */
  readonly at: string
  readonly isKey: boolean
  /** For events. */
  readonly target: EventFacts
}

function ownerKey({ id, org = '', publicKey }: ApiKey): Owner {
  const at = path`/orgs/${org}/apiKeys/${id}`
  return { id, at, isKey: true, target: { targetPublicKey: publicKey, orgId: org } }
}

function ownerUser({
  params: { userId },
  caller,
  control,
}: Context & { readonly params: { readonly userId: string } }): Owner {
  // Nobody else may change it.
  const target = {
    orgId: control.projects.ofAccount(userId)?.org,
    targetUsername: caller.user?.username,
  }
  return { id: userId, at: path`/users/${userId}`, isKey: false, target }
}

type Context = Pick<Call, 'control' | 'caller'>

function listOf({ control }: Context, owner: Owner) {
  return listing(control.accessLists.list(owner.id), (entry) => present(owner, entry))
}

function find({ control, params }: Context & { params: { address: string } }, owner: Owner) {
  const entry = control.accessLists.get(owner.id, params.address)
  if (entry) return entry
  const code = owner.isKey ? 'API_KEY_ACCESS_LIST_NOT_FOUND' : 'ACCESS_LIST_NOT_FOUND'
  throw refusal(code, params.address)
}

async function add(
  call: Context & { readonly body: Parameters<Call['control']['accessLists']['add']>[1] },
  owner: Owner,
) {
  const { control, caller, body } = call
  const before = control.accessLists.list(owner.id)
  await control.accessLists.add(owner.id, body)
  const known = new Set(before.map(({ id }) => id))
  for (const { id, cidrBlock } of control.accessLists.list(owner.id)) {
    if (known.has(id)) continue
    const facts = { ...caller.actor, ...owner.target, whitelistEntry: cidrBlock }
    await control.events.record('API_KEY_ACCESS_LIST_ENTRY_ADDED', facts)
  }
  return listOf(call, owner)
}

async function remove(call: Context & { params: { address: string } }, owner: Owner) {
  const { control, caller } = call
  const entry = find(call, owner)
  const isOwn = caller.listOwner === owner.id
  await control.accessLists.remove(entry, isOwn ? caller.address : undefined)
  const facts = { ...caller.actor, ...owner.target, whitelistEntry: entry.cidrBlock }
  await control.events.record('API_KEY_ACCESS_LIST_ENTRY_DELETED', facts)
  return undefined
}

function present(owner: Owner, entry: AccessEntry): Entity {
  const { cidrBlock, comment, count, createdMs, lastUsedMs, lastUsedAddress } = entry
  const single = /^(.*)\/(?:32|128)$/.exec(cidrBlock)
  // A block of IPv6 of 32 bits is no single address.
  const isSingle = single !== null && (cidrBlock.includes(':') ? cidrBlock.endsWith('/128') : true)
  const ipAddress = isSingle ? single[1] : undefined
  return {
    cidrBlock,
    comment,
    count,
    created: new Date(createdMs),
    ipAddress,
    lastUsed: lastUsedMs === undefined ? undefined : new Date(lastUsedMs),
    lastUsedAddress,
    links: [
      self(`${owner.at}/accessList/${encodeURIComponent(ipAddress ?? cidrBlock)}`),
      linkTo(owner.isKey ? 'apiKey' : 'user', owner.at),
    ],
  }
}
