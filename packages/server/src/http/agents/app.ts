/**
 * The HTTP API for agents on further hosts. Its answers, and its failures above all, look as
 * those of the Public API do; its key is the agent API key of a project, sent as a bearer token.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressSet } from '../../addresses/address-range.js'
import { AGENTS_PREFIX } from '../../automation/agent-protocol.js'
import type { Control } from '../../control/control.js'
import { refusal } from '../../control/refusal.js'
import { AppError } from '../../errors.js'
import type { PrefixApp } from '../lazy-app.js'
import { failed, send } from '../public/answer.js'
import { checkBody, parseBody } from '../public/body.js'
import { headersOf, withHeaders } from '../public/error-headers.js'
import { errorDocument } from '../public/errors.js'
import type { Json } from '../public/result.js'
import { checkTransport, type TransportOptions, transportOf } from '../public/transport.js'
import { ClientGone, receiveBody } from '../receive-body.js'
import { noteRoute } from '../request-meter.js'
import { type AgentCall, type AgentRoute, agentRoutes } from './calls.js'
import { type Changes, changesIn } from './changes.js'
import { ADDRESS_CALLS, type Limits, limits } from './limits.js'

export interface AgentsAppOptions {
  readonly control: Control
  readonly proxies?: AddressSet
  /** Serves plain HTTP to other machines too. */
  readonly plainHttp: boolean
  readonly now: () => number
  /** Is told of failures that are not the client's. */
  readonly failed: (error: unknown, request: IncomingMessage) => void
}

interface Parts extends AgentsAppOptions {
  readonly transport: TransportOptions
  readonly changes: Changes
  readonly limits: Limits
  readonly closing: AbortController
}

const BODY_LIMIT = 1024 * 1024
const PLAIN = { pretty: false, envelope: false }

export function buildAgents(options: AgentsAppOptions): PrefixApp {
  const { control, proxies, plainHttp, now } = options
  const closing = new AbortController()
  const parts: Parts = {
    ...options,
    transport: { proxies, plainHttp },
    changes: changesIn(control),
    limits: limits(now),
    closing,
  }
  return {
    handle: (request, response) => void serve(parts, request, response),
    refuse(_request, response) {
      const error = errorDocument(new AppError('unavailable', 'The server is shutting down.'))
      void send(response, failed(error, {}), PLAIN, false)
    },
    async close() {
      closing.abort()
    },
  }
}

/** Answers a request, whatever becomes of it. */
async function serve(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    const value = await answerTo(parts, request, gone.signal)
    await send(response, { kind: 'value', status: 200, value }, PLAIN, false)
  } catch (error) {
    if (error instanceof ClientGone || gone.signal.aborted) return void response.destroy()
    const document = errorDocument(error)
    if (document.error >= 500 && !parts.closing.signal.aborted) parts.failed(error, request)
    const closing = document.error === 413 ? { connection: 'close' } : {}
    await send(response, failed(document, { ...headersOf(error), ...closing }), PLAIN, false)
  }
}

async function answerTo(
  parts: Parts,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Json> {
  const { control, transport, now } = parts
  const bytes = await receiveBody(request, BODY_LIMIT)
  checkTransport(request, transport)
  const { path, query } = targetOf(request)
  const route = findRoute(path, request.method ?? '')
  noteRoute(request, route.path === '' ? '/' : route.path)
  const { address } = transportOf(request, transport)
  const key = keyOf(request, control)
  const project = control.projects.get(key.project)
  if (!project) throw unknownKey()
  parts.limits.count(`${project.id} at ${address}`, ADDRESS_CALLS)
  const body = route.body && readBody(request, bytes, route.body)
  const call: AgentCall = {
    ...parts,
    key,
    project,
    address,
    query,
    body,
    signal,
    closing: parts.closing.signal,
    now,
  }
  return route.handle(call)
}

function targetOf({ url = '' }: IncomingMessage) {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))
  return { path: path.slice(AGENTS_PREFIX.length).replace(/\/$/, ''), query }
}

function findRoute(path: string, method: string): AgentRoute {
  const there = agentRoutes.filter((route) => route.path === path)
  if (there.length === 0) throw refusal('RESOURCE_NOT_FOUND', AGENTS_PREFIX + path)
  const route = there.find((one) => one.method === method)
  if (route) return route
  const allow = there.map((one) => one.method).join(', ')
  throw withHeaders(refusal('METHOD_NOT_ALLOWED', method, AGENTS_PREFIX + path), { allow })
}

function keyOf({ headers }: IncomingMessage, { agentKeys }: Control) {
  const [, text] = /^Bearer +([\x21-\x7e]{1,256})$/i.exec(headers.authorization ?? '') ?? []
  const key = text === undefined ? undefined : agentKeys.find(text)
  if (!key) throw unknownKey()
  return key
}

function unknownKey(): Error {
  const challenge = { 'www-authenticate': 'Bearer realm="Gantry agents"' }
  return withHeaders(refusal('INVALID_AGENT_API_KEY'), challenge)
}

function readBody(
  request: IncomingMessage,
  bytes: Buffer,
  fields: NonNullable<AgentRoute['body']>,
): unknown {
  const json = parseBody(bytes, request.headers['content-type'])
  return checkBody(json, { type: 'object', fields }, bytes).body
}
