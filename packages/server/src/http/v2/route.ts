import type { ParametersOf, V2Body, V2Endpoint, V2Query } from '@gantry/api'
import type { Writable } from '@gantry/bson'
import type { Account } from '../../control/accounts/accounts.js'
import type { Control } from '../../control/control.js'
import type { Instance } from '../../control/instances/instances.js'
import type { Noted } from '../audit.js'

/** What everybody's handler is given: the call as it was meant, checked as the endpoint says. */
export interface V2PublicCall<E extends V2Endpoint = V2Endpoint> {
  readonly control: Control
  /** Path parameters, decoded. */
  readonly params: { readonly [Name in ParametersOf<E['path']>]: string }
  readonly query: V2Query<E>
  readonly body: V2Body<E>
}

/** A call of somebody who has proved who it is. */
export interface V2Call<E extends V2Endpoint = V2Endpoint> extends V2PublicCall<E> {
  readonly account: Account
  /** The instance of the account that the path names; only where the path names one. */
  readonly instance: 'instance' extends ParametersOf<E['path']> ? Instance : undefined
  /** What its event says beside who, where and when, if its contract names one. */
  readonly noted: Noted
}

/** The answer's content; the envelope is the dialect's. */
type Result = Writable | Promise<Writable>

/** An endpoint and what serves it. */
export interface V2Route {
  readonly endpoint: V2Endpoint
  readonly handle: (call: V2Call) => Result
}

/** A route that only accounts may call. */
export function route<E extends V2Endpoint>(
  endpoint: E,
  handle: (call: V2Call<E>) => Result,
): V2Route {
  return { endpoint, handle: handle as unknown as V2Route['handle'] }
}

/** A route for everybody. */
export function publicRoute<E extends V2Endpoint>(
  endpoint: E,
  handle: (call: V2PublicCall<E>) => Result,
): V2Route {
  return { endpoint, handle: handle as unknown as V2Route['handle'] }
}
