import type { V1Endpoint, V1Returns } from '@gantry/api'
import type { RawValue, Writable } from '@gantry/bson'
import type { Control } from '../../control/control.js'
import type { Instance } from '../../control/instances/instances.js'
import type { Noted } from '../audit.js'

/** What a handler resolves with, by what its endpoint returns. */
export interface Results {
  data: Writable
  list: AsyncIterable<readonly RawValue[]>
  count: number
}

/** What a handler is given: the call as it was meant, checked as far as the endpoint says. */
export interface V1Call {
  readonly control: Control
  readonly instance: Instance
  /** Path parameters, decoded. */
  readonly params: { readonly [name: string]: string }
  readonly doc: RawValue
  readonly set: RawValue
  /** What its event says beside who, where and when; nobody reads it where there is none. */
  readonly noted: Noted
  /** Documents that one call may answer; 0 is no limit. */
  readonly resultLimit: number
}

type Handler<Returns extends V1Returns> = (
  call: V1Call,
) => Promise<Results[Returns]> | Results[Returns]

/** An endpoint and what serves it. */
export interface V1Route {
  readonly endpoint: V1Endpoint
  readonly handle: Handler<V1Returns>
}

export function route<Returns extends V1Returns>(
  endpoint: V1Endpoint<Returns>,
  handle: Handler<Returns>,
): V1Route {
  return { endpoint, handle: handle as Handler<V1Returns> }
}
