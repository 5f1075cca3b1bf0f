import { plainAddress } from '../../addresses/address-range.js'
import type { ApiKey } from '../api-keys/api-keys.js'
import type { Actor } from '../events/event.js'
import type { Members } from '../members/members.js'
import { holdsGlobal, type RoleAssignment } from '../roles/roles.js'

/** Who makes a call: a user by a personal key, a programmatic key for itself, or somebody unknown. */
export interface Caller {
  /** Undefined: the call takes no credentials. */
  readonly key: ApiKey | undefined
  /** Undefined: the key is programmatic, or there is none. */
  readonly user: { readonly id: string; readonly username: string } | undefined
  readonly roles: readonly RoleAssignment[]
  /** From where. */
  readonly address: string | undefined
  /** Whose access list it is that counts: the user's, or the key's. */
  readonly listOwner: string
  /** For events. */
  readonly actor: Actor
}

/** The caller that a key stands for, with the roles of now. */
export function callerOf(key: ApiKey, address: string | undefined, members: Members): Caller {
  const { username, account, id, publicKey } = key
  const user = username === undefined ? undefined : { id: account, username }
  const roles = user ? members.rolesOf(user.id) : key.roles
  const who = user ? { userId: user.id, username: user.username } : { apiKeyId: id, publicKey }
  const remoteAddress = address === undefined ? undefined : plainAddress(address)
  const isGlobalAdmin = holdsGlobal(roles)
  const actor = { ...who, remoteAddress, isGlobalAdmin }
  return { key, user, roles, address, listOwner: user?.id ?? id, actor }
}

/** Somebody who has not said who they are. */
export function anybody(address: string | undefined): Caller {
  const actor = { remoteAddress: address }
  return { key: undefined, user: undefined, roles: [], address, listOwner: '', actor }
}
