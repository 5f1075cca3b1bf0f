/**
 * Where several servers share a state, each instance runs on one of them. A request for one
 * that runs elsewhere is sent on to that server as it came, and its answer handed back.
 */
import {
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type ServerResponse,
} from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { AddressSet } from '../addresses/address-range.js'
import { PASS_HEADER as FORWARDED } from '../control/shared/peers.js'
import type { Servers } from '../control/shared/servers.js'
import { AppError } from '../errors.js'
import { clientAddress } from './client-address.js'

/** Names the client to the server that a request is sent on to. */
export const CLIENT_HEADER = 'x-gantry-client'

/** Headers that are about one connection. */
const HOP_BY_HOP = new Set(
  `connection keep-alive proxy-connection te trailer transfer-encoding upgrade expect host
  content-length`.split(/\s+/),
)

const TIMEOUT_MS = 120_000

/**
 * The id of the server that could have answered; undefined where no other can, or another has
 * sent the request here: it goes no further.
 */
export function serverFor(error: unknown, { headers }: IncomingMessage): string | undefined {
  if (!(error instanceof AppError) || headers[FORWARDED] !== undefined) return undefined
  return error.details.server
}

/** Whether another server has sent a request on, which has then looked at who sends it and how often. */
export function isForwarded(
  { headers }: Pick<IncomingMessage, 'headers'>,
  servers: Servers,
): boolean {
  return headers[FORWARDED] !== undefined && servers.isPass(headers[FORWARDED])
}

/** For whom a request is, also when another server has sent it on. */
export function callerAddress(
  request: IncomingMessage,
  servers: Servers,
  proxies: AddressSet | undefined,
): string | undefined {
  if (!isForwarded(request, servers)) return clientAddress(request, proxies)
  return request.headers[CLIENT_HEADER]?.toString() || undefined
}

/** Headers of a request that is sent on, and of its answer. */
export interface ForwardedHeaders {
  /** Told to the other server beside those of the request. */
  readonly told?: { readonly [name: string]: string }
  /** In place of those of the same name in its answer. */
  readonly own?: NodeJS.Dict<OutgoingHttpHeader>
}

/**
 * Sends a request on, with the body that was read of it, and its answer back. Rejects with
 * `unavailable` when the other server cannot be reached, and then nothing has been answered.
 */
export async function forward(
  servers: Servers,
  server: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  { told = {}, own = {} }: ForwardedHeaders = {},
): Promise<void> {
  const url = await servers.urlOf(server)
  const where = url === undefined ? 'which was never started with this state' : `at ${url}`
  const headers = { ...told, [FORWARDED]: servers.pass() }
  const answer = url && (await send(new URL(request.url ?? '/', url), headers, request, body))
  if (!answer || answer instanceof Error) {
    const reason = answer ? `: ${answer.message}` : ''
    const message = `the instance runs on server ${server}, ${where}, which cannot be reached from here${reason}`
    throw new AppError('unavailable', message, {}, { cause: answer || undefined })
  }
  response.writeHead(answer.statusCode ?? 502, { ...endToEnd(answer.headers), ...own })
  await pipeline(answer, response)
}

function send(
  url: URL,
  more: { readonly [name: string]: string },
  { method, headers }: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage | Error> {
  return new Promise((resolve) => {
    const sent = { ...endToEnd(headers), ...more, 'content-length': body.length }
    const options = { method, headers: sent, timeout: TIMEOUT_MS }
    const outgoing = httpRequest(url, options, resolve)
    outgoing.once('error', resolve)
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer')))
    outgoing.end(body)
  })
}

function endToEnd(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)))
}
