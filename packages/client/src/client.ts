import { type Presence, type V1Endpoint, v1 } from '@gantry/api'
import { ApiError, ReplyError } from './errors.js'
import { formatJson, type JsonDocument, type JsonValue, parseJson } from './json.js'
import type { Replies } from './replies.js'
import { createTransport, type Transport, type TransportOptions } from './transport.js'

type Endpoints = typeof v1

/** `/db/{db}/collection/{collection}/add` -> `db` and `collection`. */
type ParametersOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParametersOf<Rest>
  : never

/** A document as it is sent; a string is JSON already and is sent as it is. */
export type DocumentInput = JsonDocument | string

type Given<Name extends string, P extends Presence> = P extends 'required'
  ? { readonly [N in Name]: DocumentInput }
  : P extends 'optional'
    ? { readonly [N in Name]?: DocumentInput }
    : { readonly [N in Name]?: never }

type Input<E> =
  E extends V1Endpoint<infer _, infer Path, infer Doc, infer Set>
    ? { readonly [Name in ParametersOf<Path>]: string } & Given<'doc', Doc> & Given<'set', Set>
    : never

type Reply<Name extends keyof Endpoints> = Name extends keyof Replies
  ? Replies[Name]
  : Endpoints[Name] extends V1Endpoint<infer Returns>
    ? { data: JsonValue; list: readonly JsonDocument[]; count: number }[Returns]
    : never

export interface CallOptions {
  /** Ends the call when it is aborted. */
  readonly signal?: AbortSignal
}

type Call<Name extends keyof Endpoints> =
  // With nothing that must be given, nothing need be.
  Record<never, never> extends Input<Endpoints[Name]>
    ? (input?: Input<Endpoints[Name]>, options?: CallOptions) => Promise<Reply<Name>>
    : (input: Input<Endpoints[Name]>, options?: CallOptions) => Promise<Reply<Name>>

/**
 * API v1 as functions, one per endpoint of the contract and named as there. A call rejects
 * with an `ApiError`, a `ConnectionError` or a `ReplyError`.
 */
export type Client = { readonly [Name in keyof Endpoints]: Call<Name> } & {
  /** Ends the connections that are kept open; a call under way fails. */
  close(): void
}

export interface ClientOptions extends TransportOptions {
  /** Of the instance that all calls are about. */
  readonly apiKey: string
}

/** Makes a client without connecting; whoever makes it closes it. */
export function createClient({ apiKey, ...options }: ClientOptions): Client {
  const transport = createTransport(options)
  const calls = Object.entries(v1).map(([name, endpoint]) => [
    name,
    (input: Record<string, DocumentInput> = {}, { signal }: CallOptions = {}) =>
      call(transport, apiKey, endpoint, input, signal),
  ])
  return { ...Object.fromEntries(calls), close: transport.close }
}

async function call(
  transport: Transport,
  apiKey: string,
  endpoint: V1Endpoint,
  input: Record<string, DocumentInput>,
  signal?: AbortSignal,
): Promise<unknown> {
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(input[name])),
  )
  const form = new URLSearchParams({ api_key: apiKey })
  for (const name of ['doc', 'set'] as const) {
    const value = endpoint[name] === 'ignored' ? undefined : input[name]
    if (value !== undefined) form.set(name, typeof value === 'string' ? value : formatJson(value))
  }
  const { status, text } = await transport.post(path, form.toString(), signal)
  const envelope = readEnvelope(status, text)
  if (status !== 200 || envelope.rc !== 0) throw failure(status, envelope)
  const result = endpoint.returns === 'count' ? envelope.n : envelope.data
  if (result === undefined) throw new ReplyError(`the answer to ${path} holds no result`)
  return result
}

function readEnvelope(status: number, text: string): JsonDocument {
  let value: JsonValue | undefined
  try {
    value = parseJson(text)
  } catch {
    // A status says more than the page of whatever proxy made it.
    if (status !== 200) return {}
  }
  if (isDocument(value) && (value.rc !== undefined || status !== 200)) return value
  throw new ReplyError(`the answer (status ${status}) is not one of API v1`)
}

/** Original servers put the message under either name. */
function failure(status: number, { data, msg }: JsonDocument): ApiError {
  const message = [data, msg].find((text) => typeof text === 'string' && text !== '')
  const kinds = { 200: 'refused', 403: 'unauthenticated', 404: 'not_found' } as const
  const kind = kinds[status as keyof typeof kinds] ?? 'status'
  return new ApiError(kind, String(message ?? `the server answered with status ${status}`), status)
}

function isDocument(value: JsonValue | undefined): value is JsonDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
