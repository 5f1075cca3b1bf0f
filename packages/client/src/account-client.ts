import {
  type ParametersOf,
  type V2Body,
  type V2Endpoint,
  type V2Query,
  type V2Reply,
  v2,
} from '@gantry/api'
import type { CallOptions } from './client.js'
import { ApiError, type FailureKind, ReplyError } from './errors.js'
import { formatJson, type JsonDocument, type JsonValue, parseJson } from './json.js'
import { createTransport, type Transport, type TransportOptions } from './transport.js'

type Endpoints = typeof v2

/** A part of the input that need not be given when nothing in it must be. */
type Part<Name extends string, T> =
  Record<never, never> extends T ? { readonly [N in Name]?: T } : { readonly [N in Name]: T }

type Input<E extends V2Endpoint> = {
  readonly [Name in ParametersOf<E['path']>]: string
} & Part<'query', V2Query<E>> &
  Part<'body', V2Body<E>>

type Call<E extends V2Endpoint> =
  Record<never, never> extends Input<E>
    ? (input?: Input<E>, options?: CallOptions) => Promise<V2Reply<E>>
    : (input: Input<E>, options?: CallOptions) => Promise<V2Reply<E>>

/**
 * API v2 as functions, one per endpoint of the contract and named as there. A call rejects
 * with an `ApiError`, a `ConnectionError` or a `ReplyError`.
 */
export type AccountClient = {
  readonly [Name in Exclude<keyof Endpoints, 'createToken'>]: Call<Endpoints[Name]>
} & {
  /** Ends the connections that are kept open; a call under way fails. */
  close(): void
}

export interface AccountClientOptions extends TransportOptions {
  /** Of the account that calls, from `signIn`. */
  readonly token: string
}

/** Makes a client without connecting; whoever makes it closes it. */
export function createAccountClient({ token, ...options }: AccountClientOptions): AccountClient {
  const transport = createTransport(options)
  const headers = { 'x-auth-token': token }
  const calls = Object.entries<V2Endpoint>(v2).map(([name, endpoint]) => [
    name,
    (input: AnyInput = {}, { signal }: CallOptions = {}) =>
      call(transport, endpoint, input, headers, signal),
  ])
  return { ...Object.fromEntries(calls), close: transport.close }
}

/** What signing in gives. */
export type SignedIn = V2Reply<Endpoints['createToken']>

/** A token for login and password; rejects with an `ApiError` when they are wrong. */
export async function signIn(
  options: TransportOptions,
  login: string,
  password: string,
): Promise<SignedIn> {
  const transport = createTransport(options)
  const credentials = Buffer.from(`${login}:${password}`).toString('base64')
  try {
    const headers = { authorization: `Basic ${credentials}` }
    return (await call(transport, v2.createToken, {}, headers)) as SignedIn
  } finally {
    transport.close()
  }
}

type AnyInput = {
  readonly [parameter: string]: string | object | undefined
  readonly query?: { readonly [name: string]: string }
  readonly body?: object
}

async function call(
  transport: Transport,
  { method, path: form, query: known, bare }: V2Endpoint,
  { query = {}, body, ...parameters }: AnyInput,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<unknown> {
  const path = form.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(parameters[name])),
  )
  const given = Object.entries(query).filter(([name]) => name in (known.properties as object))
  const search = given.length > 0 ? `?${new URLSearchParams(given)}` : ''
  const text = method === 'GET' ? '' : formatJson((body ?? {}) as JsonValue)
  const request = {
    method,
    path: path + search,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
    body: text,
  }
  const reply = await transport.send(request, signal)
  const answer = readAnswer(reply.status, reply.text)
  if (reply.status !== 200) throw failure(reply.status, answer)
  const result = bare ? answer : (answer as JsonDocument | undefined)?.data
  if (result === undefined) throw new ReplyError(`the answer to ${path} holds no result`)
  return result
}

function readAnswer(status: number, text: string): JsonValue | undefined {
  try {
    return parseJson(text)
  } catch {
    // A status says more than the page of whatever proxy made it.
    if (status !== 200) return undefined
    throw new ReplyError('the answer is not one of API v2')
  }
}

const kinds: Readonly<Record<number, FailureKind>> = {
  400: 'refused',
  401: 'unauthenticated',
  403: 'refused',
  404: 'not_found',
  409: 'refused',
  429: 'refused',
}

function failure(status: number, answer: JsonValue | undefined): ApiError {
  const told = (answer as JsonDocument | undefined)?.message
  const message = typeof told === 'string' ? told : `the server answered with status ${status}`
  return new ApiError(kinds[status] ?? 'status', message, status)
}
