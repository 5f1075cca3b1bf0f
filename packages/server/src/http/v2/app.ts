/**
 * API v2 on the framework: what all its routes have in common. It is loaded with the first
 * request for it.
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { V2Endpoint } from '@gantry/api'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify'
import type { AddressSet } from '../../addresses/address-range.js'
import type { Account } from '../../control/accounts/accounts.js'
import type { Control } from '../../control/control.js'
import type { EventFacts } from '../../control/events/event.js'
import type { Instance } from '../../control/instances/instances.js'
import { AppError } from '../../errors.js'
import { factsOfAccount, recordCall } from '../audit.js'
import { clientAddress } from '../client-address.js'
import { CLIENT_HEADER, forward, isForwarded, serverFor } from '../forward.js'
import { asAppError } from '../framework-errors.js'
import { bodyOf, keepBody } from '../receive-body.js'
import { noteRoute } from '../request-meter.js'
import { authenticate } from './authentication.js'
import { gzipped } from './compression.js'
import { presentResult, v2Dialect } from './dialect.js'
import { countRequest, NOT_COUNTED } from './rate-limit.js'
import type { V2Call, V2Route } from './route.js'
import { v2Routes } from './routes.js'
import { parseBody, schemasOf, validationError, validatorOptions } from './validation.js'

export interface V2Options {
  readonly control: Control
  readonly log: FastifyBaseLogger
  /** Requests that one account may make within a second. */
  readonly rateLimit: number
  /** Those who are believed when they say for whom they connect. */
  readonly proxies?: AddressSet
}

const BODY_LIMIT = 1024 * 1024
/** Ids that clients format in their own way are longer than ids. */
const PARAMETER_LIMIT = 1024

export interface V2App {
  readonly handle: RequestListener
  close(): Promise<void>
}

export async function buildV2(options: V2Options): Promise<V2App> {
  const { control, rateLimit, proxies } = options
  const app = createApp(options)
  const callers = new WeakMap<FastifyRequest, Account>()
  for (const route of v2Routes) {
    addRoute(app, route, { control, rateLimit, callers, proxies })
  }
  refuseOtherMethods(app, v2Routes)
  await app.ready()
  return {
    handle(request: IncomingMessage, response) {
      // A body is JSON whatever the client calls it.
      request.headers['content-type'] = 'application/json'
      app.routing(request, response)
    },
    close: () => app.close(),
  }
}

function createApp({ log, control, proxies }: V2Options): FastifyInstance {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomBytes(16).toString('hex'),
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: PARAMETER_LIMIT },
    ajv: { customOptions: validatorOptions },
    schemaErrorFormatter: validationError,
    frameworkErrors: (error, request, reply: FastifyReply) => {
      setCommonHeaders(request, reply)
      return sendError(error, request, reply)
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      keepBody(request.raw, bytes)
      return parseBody(bytes)
    },
  )
  app.addHook('onRequest', async (request, reply) => {
    setCommonHeaders(request, reply)
    const { url } = request.routeOptions
    if (url !== undefined) noteRoute(request.raw, url)
  })
  app.addHook('preValidation', async (request) => {
    request.body ??= {}
  })
  app.addHook('onSend', async (request, reply, payload) => {
    reply.header('vary', 'Accept-Encoding')
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload
    const compressed = await gzipped(request.headers['accept-encoding'], payload)
    if (compressed) reply.header('content-encoding', 'gzip').removeHeader('content-length')
    return compressed ?? payload
  })
  app.setNotFoundHandler(() => {
    throw new AppError('no_route', 'not found')
  })
  app.setErrorHandler(async (error, request, reply) => {
    const server = serverFor(error, request.raw)
    if (server === undefined) return sendError(error, request, reply)
    try {
      await forward(control.servers, server, request.raw, bodyOf(request.raw), reply.raw, {
        told: { [CLIENT_HEADER]: clientAddress(request.raw, proxies) ?? '' },
        own: reply.getHeaders(),
      })
      reply.hijack()
    } catch (failure) {
      if (reply.raw.headersSent) reply.raw.destroy()
      else return sendError(failure, request, reply)
    }
  })
  return app
}

function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ ...NOT_COUNTED, 'x-request-id': request.id })
}

function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply) {
  const error = asAppError(thrown)
  const { status, body } = v2Dialect.presentError(error)
  if (status >= 500) {
    request.log.error({ err: error, requestId: request.id, req: request }, 'request failed')
  }
  return reply.code(status).type('application/json').send(body)
}

interface Context {
  readonly control: Control
  readonly rateLimit: number
  readonly callers: WeakMap<FastifyRequest, Account>
  readonly proxies: AddressSet | undefined
}

function addRoute(app: FastifyInstance, { endpoint, handle }: V2Route, context: Context): void {
  const { control, rateLimit, callers, proxies } = context
  for (const path of pathsOf(endpoint)) {
    app.route({
      method: endpoint.method,
      url: path,
      schema: schemasOf(endpoint),
      // Before the body is read: who may not call has no business with it.
      async onRequest(request, reply) {
        const { authentication } = endpoint
        const account = await authenticate(authentication, request.headers, control)
        if (!account) return
        callers.set(request, account)
        // Who sent it on has counted it.
        if (authentication !== 'token' || isForwarded(request, control.servers)) return
        const { requestCounts } = control
        await countRequest(requestCounts, account.id, rateLimit, (headers) =>
          reply.headers({ ...headers }),
        )
      },
      async handler(request, reply) {
        const { params, query, body } = request as Pick<V2Call, 'params' | 'query' | 'body'>
        const account = callers.get(request)
        const { url = '' } = request.routeOptions
        const instance = account && instanceOf(endpoint, url, account, params, control)
        const call = { control, account, instance, params, query, body, noted: {} } as V2Call
        const done = await handle(call)
        await recordCall(control.events, endpoint.audit, () => factsOf(call, request.raw, proxies))
        const result = presentResult(done, endpoint.bare)
        return reply.type('application/json').send(result)
      },
    })
  }
}

/** What the audit log is told of a call, by the names that paths have for what it is about. */
function factsOf(
  { control, account, instance, params, noted }: V2Call,
  request: IncomingMessage,
  proxies: AddressSet | undefined,
): Promise<EventFacts> {
  const { database, collection } = params as { readonly [name: string]: string | undefined }
  const about = { database, collection, ...noted }
  const clusterName = (instance as Instance | undefined)?.name
  const of = { account: account.id, clusterName, request, proxies, noted: about }
  return factsOfAccount(control, of)
}

/** Rejects with `not_found` when the account has none of this name, or one of another service. */
function instanceOf(
  { services }: V2Endpoint,
  path: string,
  { id }: Account,
  params: { readonly instance?: string },
  { instances }: Control,
) {
  if (params.instance === undefined) return undefined
  const found = instances.byName(id, params.instance)
  // Under the name of a service there are its own instances only, whatever else has the same calls.
  const [, ofService] = /^\/v2\/(mongodb|redis|elasticsearch)\//.exec(path) ?? []
  const isMeant = found && services.includes(found.service) && (ofService ?? found.service)
  if (!found || isMeant !== found.service) {
    throw new AppError('not_found', 'instance not found')
  }
  return found
}

/** `/v2/instances/{instance}/` -> `/v2/instances/:instance/`, and the same for what else it is called. */
function pathsOf({ path, aliases = [] }: V2Endpoint): string[] {
  return [path, ...aliases].map((each) => each.replaceAll(/\{(\w+)\}/g, ':$1'))
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

function refuseOtherMethods(app: FastifyInstance, routes: readonly V2Route[]): void {
  const allowed = new Map<string, Set<string>>()
  for (const { endpoint } of routes) {
    for (const path of pathsOf(endpoint)) {
      const methods = allowed.get(path) ?? new Set()
      allowed.set(path, methods.add(endpoint.method))
      if (endpoint.method === 'GET') methods.add('HEAD')
    }
  }
  for (const [url, methods] of allowed) {
    app.route({
      method: METHODS.filter((method) => !methods.has(method)),
      url,
      async onRequest(_request, reply) {
        reply.header('allow', [...methods].sort().join(', '))
        throw new AppError('method_not_allowed', 'method not allowed')
      },
      handler: () => undefined,
    })
  }
}
