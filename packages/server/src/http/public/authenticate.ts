import type { IncomingMessage } from 'node:http'
import { plainAddress } from '../../addresses/address-range.js'
import { type Caller, callerOf } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import { refusal } from '../../control/refusal.js'
import { challenges, type DigestOptions, verify } from './digest.js'
import { withHeaders } from './error-headers.js'

/** Who makes a request, by its credentials. Throws when these are missing or wrong. */
export function authenticate(
  request: IncomingMessage,
  digest: DigestOptions,
  control: Control,
  address: string | undefined,
): Caller {
  const { authorization } = request.headers
  if (authorization === undefined) throw challenged(refusal('NO_CURRENT_USER'), digest)
  const { method = '', url: target = '' } = request
  const verdict = verify(digest, authorization, { method, target })
  if (verdict.key) return callerOf(verdict.key, address, control.members)
  throw challenged(refusal('USER_UNAUTHORIZED'), digest, verdict.stale)
}

/** The same failure, whose answer says how to authenticate. */
export function challenged<E extends Error>(error: E, digest: DigestOptions, stale = false): E {
  return withHeaders(error, { 'www-authenticate': challenges(digest, stale) })
}

/** Throws unless a caller's access list, if there is one, has the address that the call is from. */
export function checkAddress({ address, listOwner }: Caller, control: Control): void {
  if (control.accessLists.admits(listOwner, address)) return
  throw refusal('IP_ADDRESS_NOT_ON_ACCESS_LIST', plainAddress(address ?? 'unknown'))
}
