import type {
  BodyOf,
  Field,
  Fields,
  JsonValue,
  PublicEndpoint,
  QueryParameter,
  ValueOf,
} from '@gantry/api'
import type { Caller } from '../../control/callers/caller.js'
import type { Control } from '../../control/control.js'
import type { Organisation } from '../../control/organisations/organisations.js'
import type { Project } from '../../control/projects/project.js'
import type { Noted } from '../audit.js'
import type { Download, Entity, Json, Listing } from './result.js'

/** What a handler resolves with, by what its endpoint returns. */
export interface Results {
  readonly entity: Entity
  readonly document: Json
  readonly list: Listing
  readonly array: readonly Json[]
  readonly nothing: undefined
  readonly bytes: Download
}

type ParamsIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamsIn<Rest>
  : never

type QueryTypes = { string: string; integer: number; boolean: boolean; date: Date }

type QueryOf<Q> = {
  readonly [K in keyof Q]: Q[K] extends QueryParameter
    ? Q[K]['many'] extends true
      ? readonly QueryTypes[Q[K]['type']][]
      : Q[K]['required'] extends true
        ? QueryTypes[Q[K]['type']]
        : QueryTypes[Q[K]['type']] | undefined
    : never
}

type BodyIn<E extends PublicEndpoint> = E['items'] extends Field
  ? readonly ValueOf<E['items']>[]
  : E['body'] extends Fields
    ? BodyOf<E['body']>
    : E['body'] extends 'any'
      ? { readonly [name: string]: JsonValue }
      : undefined

/** What the server does differently from one to the next; the rest is in the state. */
export interface PublicSettings {
  /** Programmatic keys with GLOBAL_OWNER may make organisations. */
  readonly keysCreateOrgs: boolean
  /** Calls that change backups and access lists need a key with an access list. */
  readonly requireAccessList: boolean
}

/** A call that has passed all checks of the dialect. */
export interface Call<E extends PublicEndpoint = PublicEndpoint> {
  readonly control: Control
  readonly caller: Caller
  readonly settings: PublicSettings
  /** Of the path, decoded; ids have been checked for their form. */
  readonly params: { readonly [K in ParamsIn<E['path']>]: string }
  readonly query: QueryOf<E['query']>
  readonly body: BodyIn<E>
  /** The project that the path names. */
  readonly group: E['path'] extends `/groups/{groupId}${string}` ? Project : undefined
  /** The organisation that the path names. */
  readonly org: E['path'] extends `/orgs/{orgId}${string}` ? Organisation : undefined
  readonly now: () => number
  /** What links begin with. */
  readonly base: string
  /** The status of a success, where the handler knows better than its endpoint. */
  readonly answer: { status?: number }
  /** What its event says beside who, where and when, if its contract names the one. */
  readonly noted: Noted
}

type Result<E extends PublicEndpoint> = Results[E['returns']]

/** An endpoint, what serves it, and who may call it where its contract leaves this open. */
export interface PublicRoute {
  readonly endpoint: PublicEndpoint
  readonly handle: (call: Call) => Promise<Results[keyof Results]> | Results[keyof Results]
  readonly admit?: (call: Omit<Call, 'body' | 'query'>) => Promise<void> | void
}

/** `admit` is for scopes of the kind `special`: it throws unless the caller may do this. */
export function route<const E extends PublicEndpoint>(
  endpoint: E,
  handle: (call: Call<E>) => Promise<Result<E>> | Result<E>,
  admit?: (call: Omit<Call<E>, 'body' | 'query'>) => Promise<void> | void,
): PublicRoute {
  return { endpoint, handle, admit } as unknown as PublicRoute
}
