import type { IncomingMessage } from 'node:http'
import type { Audit } from '@gantry/api'
import { type AddressSet, plainAddress } from '../addresses/address-range.js'
import type { Control } from '../control/control.js'
import type { EventFacts, Fact } from '../control/events/event.js'
import type { Events } from '../control/events/events.js'
import { holdsGlobal } from '../control/roles/roles.js'
import { callerAddress } from './forward.js'

/** What a handler has to say of a change, beside who made it and where. */
export interface Noted {
  [name: string]: Fact | undefined
}

/** Writes down what a call has changed if its contract names one event for it; what it has thrown out is no change. */
export async function recordCall(
  events: Events,
  audit: Audit | undefined,
  facts: () => Promise<EventFacts> | EventFacts,
): Promise<void> {
  if (typeof audit === 'string') await events.record(audit, await facts())
}

/** Where a call of an account is to be read of. */
export interface AccountCall {
  readonly account: string
  /** The name of what it was about, as clusters of the account's project are called. */
  readonly clusterName?: string
  readonly request: IncomingMessage
  readonly proxies: AddressSet | undefined
  readonly noted: Noted
}

/**
 * Who did what from where when an account calls by a token, or by the key of an instance. What
 * the handler notes of an organisation is told there, all else in the account's project.
 */
export async function factsOfAccount(
  { members, projects, accounts, servers }: Control,
  { account, clusterName, request, proxies, noted }: AccountCall,
): Promise<EventFacts> {
  await members.meet([account])
  const address = callerAddress(request, servers, proxies)
  return {
    userId: account,
    username: (await accounts.byId(account))?.login,
    isGlobalAdmin: holdsGlobal(members.rolesOf(account)),
    remoteAddress: address === undefined ? undefined : plainAddress(address),
    ...(noted.orgId === undefined && { groupId: projects.ofAccount(account)?.id }),
    clusterName,
    ...noted,
  }
}
