import type { IncomingMessage } from 'node:http'
import { plainAddress } from '../../addresses/address-range.js'
import { type Caller, callerOf } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import { refusal } from '../../control/refusal.js'
import { readAuthorization } from './authorization-header.js'
import { challenges, type DigestOptions, verify } from './digest.js'
import { withHeaders } from './error-headers.js'

import { CLOCKS_MS } from './nonces.js'

/** From where a request came. */
export interface Origin {
  readonly address: string | undefined
  /** Another server has sent it on, which has looked at its nonce. */
  readonly isForwarded: boolean
}

/** Who makes a request, by its credentials. Rejects when these are missing or wrong. */
export async function authenticate(
  request: IncomingMessage,
  options: DigestOptions,
  control: Control,
  { address, isForwarded }: Origin,
): Promise<Caller> {
  const digest = isForwarded ? withoutUses(options) : options
  const { authorization } = request.headers
  if (authorization === undefined) throw challenged(refusal('NO_CURRENT_USER'), digest)
  const { method = '', url: target = '' } = request
  const verdict = verify(digest, authorization, { method, target })
  if (!verdict.key) throw challenged(refusal('USER_UNAUTHORIZED'), digest, verdict.stale)
  const isFirst = isForwarded || (await isFirstUse(method, authorization, digest, control))
  if (!isFirst) throw challenged(refusal('USER_UNAUTHORIZED'), digest, true)
  return callerOf(verdict.key, address, control.members)
}

function withoutUses(digest: DigestOptions): DigestOptions {
  return { ...digest, nonces: { ...digest.nonces, use: () => 'good' } }
}

/**
 * Whether none of the servers that share a state has taken this nonce and count before. Reading
 * is not looked at: this server has not, and another would have given the same away.
 */
async function isFirstUse(
  method: string,
  header: string,
  { nonces: { lifetimeMs } }: DigestOptions,
  { singleUses }: Control,
): Promise<boolean> {
  const answer = readAuthorization(header)
  if (!singleUses || !answer || method === 'GET' || method === 'HEAD') return true
  const use = `nonce ${answer.nonce} ${Number.parseInt(answer.nc, 16)}`
  return singleUses.take(use, Date.now() + lifetimeMs + CLOCKS_MS)
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
