import type { Audit } from '../event-types.js'
import type { Admitted, Schema } from '../schema.js'

export type V2Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** How a caller proves who it is: with a token, with login and password (Basic), or not at all. */
export type V2Authentication = 'token' | 'basic' | 'none'

export type V2Service = 'mongodb' | 'redis' | 'elasticsearch'

/**
 * One call of API v2. Bodies are JSON objects. A reply is `{"data": …}` unless `bare` says
 * that it has no envelope; `reply` is what the envelope holds.
 */
export interface V2Endpoint<
  Path extends string = string,
  Query extends Schema = Schema,
  Body extends Schema = Schema,
  Reply extends Schema = Schema,
> {
  readonly method: V2Method
  /** Segments in braces are parameters; `{instance}` is the name of an instance of the caller. */
  readonly path: Path
  /** Other paths for the same. */
  readonly aliases?: readonly string[]
  readonly summary: string
  /** Groups endpoints in the description. */
  readonly area: string
  readonly authentication: V2Authentication
  /** Services whose instances the call is for; for those of others its path does not exist. */
  readonly services: readonly V2Service[]
  readonly query: Query
  readonly body: Body
  readonly reply: Reply
  readonly bare: boolean
  /** Not in the original API: an addition of ours. */
  readonly extension: boolean
  /** What the audit log is told; missing: it reads. */
  readonly audit?: Audit
}

/** A call that may change something has to say what the audit log is told of it. */
type Audited =
  | { readonly method: 'GET'; readonly audit?: Audit }
  | { readonly method: Exclude<V2Method, 'GET'>; readonly audit: Audit }

/** `/instances/{instance}/acls/{id}/` -> `instance` and `id`. */
export type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParametersOf<Rest>
  : never

/** What an endpoint takes and gives, for handlers and the client. */
export type V2Query<E> = E extends V2Endpoint<string, infer Q> ? Admitted<Q> : never
export type V2Body<E> = E extends V2Endpoint<string, Schema, infer B> ? Admitted<B> : never
export type V2Reply<E> = E extends V2Endpoint<string, Schema, Schema, infer R> ? Admitted<R> : never

/** No parameters, no fields. */
type Empty = Schema<{ readonly [name: string]: never }>

export const EMPTY: Empty = { type: 'object', properties: {}, additionalProperties: false }

type Defaults = 'authentication' | 'services' | 'query' | 'body' | 'bare' | 'extension'

/** Fills in what most calls have in common: a token, every service, no query, no fields, an envelope. */
export function v2Endpoint<
  const Path extends string,
  Reply extends Schema,
  Query extends Schema = Empty,
  Body extends Schema = Empty,
>(
  endpoint: Omit<V2Endpoint<Path, Query, Body, Reply>, Defaults | 'method' | 'audit'> &
    Audited &
    Partial<Pick<V2Endpoint<Path, Query, Body, Reply>, Defaults>>,
): V2Endpoint<Path, Query, Body, Reply> {
  return {
    authentication: 'token',
    services: ['mongodb', 'redis', 'elasticsearch'],
    query: EMPTY as unknown as Query,
    body: EMPTY as unknown as Body,
    bare: false,
    extension: false,
    ...endpoint,
  }
}
