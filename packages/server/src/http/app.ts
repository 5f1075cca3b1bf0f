import type { RequestListener } from 'node:http'
import { PUBLIC_PREFIX } from '@gantry/api'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  fastify,
  LogController,
} from 'fastify'
import type { AddressSet } from '../addresses/address-range.js'
import { AGENTS_PREFIX } from '../automation/agent-protocol.js'
import type { Control } from '../control/control.js'
import { PEER_PREFIX } from '../control/shared/peers.js'
import { AppError } from '../errors.js'
import { clientAddress } from './client-address.js'
import { asAppError } from './framework-errors.js'
import { type LazyApp, lazyApp } from './lazy-app.js'
import { PRIVATE_PREFIX } from './private/prefix.js'
import type { PublicOptions } from './public/options.js'
import { createRequestMeter, type RequestMeter } from './request-meter.js'
import { v1Dialect } from './v1/dialect.js'
import { v1Handler } from './v1/handler.js'

export interface AppOptions {
  readonly control: Control
  readonly logLevel: string
  readonly resultLimit: number
  /** Requests of API v2 that one account may make within a second; missing: 100. */
  readonly rateLimit?: number
  /** Those who are believed when they say for whom they connect; missing: nobody. */
  readonly proxies?: AddressSet
  /** What readers of `/metrics` must send as a bearer token; missing: only this machine may read them. */
  readonly metricsToken?: string
  /** The Public API; missing: as it is by default. */
  readonly publicApi?: Partial<PublicOptions>
}

/** Everything that is served over HTTP, without a listener. */
export interface App {
  readonly log: FastifyBaseLogger
  /** Serves one request. */
  readonly handle: RequestListener
  /** Refuses all requests from now on. */
  close(): Promise<void>
}

/**
 * API v1 comes first, as it is called the most; the framework routes the rest. The other APIs
 * are loaded with the first request for them, as a start should not take longer for what may
 * not be used.
 */
export async function buildApp(options: AppOptions): Promise<App> {
  const rest = buildRest(options)
  await rest.ready()
  const meter = createRequestMeter()
  const serveV1 = v1Handler({
    ...options,
    meter,
    failed(error, request) {
      const { method, url } = request
      const ip = clientAddress(request, options.proxies)
      rest.log.error({ err: error, req: { method, url, ip } }, 'request failed')
    },
  })
  const lazy = lazyApps(options, rest.log, meter)
  let closing = false
  return {
    log: rest.log,
    handle(request, response) {
      if (!closing && serveV1(request, response)) return
      const app = lazy.find(({ prefix }) => isBelow(request.url ?? '', prefix))
      if (closing) return (app?.refuse ?? rest.routing)(request, response)
      meter.watch(dialectNames[app?.prefix ?? ''] ?? 'other', request, response)
      if (app) app.handle(request, response)
      else rest.routing(request, response)
    },
    async close() {
      closing = true
      await Promise.all([rest.close(), ...lazy.map((app) => app.close())])
    },
  }
}

/** The APIs that are loaded when they are called, one row each. */
function lazyApps(
  { control, rateLimit = 100, proxies, metricsToken, publicApi = {} }: AppOptions,
  log: FastifyBaseLogger,
  meter: RequestMeter,
): LazyApp[] {
  return [
    lazyApp(PUBLIC_PREFIX, log, async () => {
      const { buildPublic } = await import('./public/app.js')
      return buildPublic({
        control,
        options: publicApi,
        proxies,
        failed(error, request) {
          const ip = clientAddress(request, proxies)
          const { method, url = '' } = request
          // What stands behind this is as good as a key.
          const shown = pathOf(url).replace(/(\/restoreDownloads\/).+/, '$1…')
          log.error({ err: error, req: { method, url: shown, ip } }, 'request failed')
        },
      })
    }),
    lazyApp(PRIVATE_PREFIX, log, async () => {
      const { buildPrivate } = await import('./private/app.js')
      return buildPrivate({ proxies, plainHttp: publicApi.plainHttp ?? false })
    }),
    lazyApp(AGENTS_PREFIX, log, async () => {
      const { buildAgents } = await import('./agents/app.js')
      return buildAgents({
        control,
        proxies,
        plainHttp: publicApi.plainHttp ?? false,
        now: Date.now,
        failed(error, request) {
          const ip = clientAddress(request, proxies)
          const { method, url = '' } = request
          log.error({ err: error, req: { method, path: pathOf(url), ip } }, 'request failed')
        },
      })
    }),
    lazyApp('/v2', log, async () => {
      const { buildV2 } = await import('./v2/app.js')
      return buildV2({ control, log, rateLimit, proxies })
    }),
    lazyApp(PEER_PREFIX, log, async () => {
      const { buildPeer } = await import('./peer/app.js')
      return buildPeer(control)
    }),
    lazyApp('/metrics', log, async () => {
      const { buildMetrics } = await import('./metrics/app.js')
      const failed = (error: unknown) => log.error({ err: error }, 'metrics failed')
      return buildMetrics({ control, meter, token: metricsToken, proxies, failed })
    }),
  ]
}

/** By prefix, as the metrics of requests name them. */
const dialectNames: Readonly<Record<string, string>> = {
  [PUBLIC_PREFIX]: 'public',
  [AGENTS_PREFIX]: 'agents',
  '/v2': 'v2',
}

function isBelow(url: string, prefix: string): boolean {
  const next = url[prefix.length]
  return url.startsWith(prefix) && (next === undefined || next === '/' || next === '?')
}

/** What is served by the framework: all but API v1. */
function buildRest({ control, logLevel, proxies }: AppOptions): FastifyInstance {
  const app = fastify({
    logger: {
      level: logLevel,
      stream: process.stderr,
      // A query string may hold a key, and a body holds one always.
      serializers: { req: ({ method, url, ip }) => ({ method, path: pathOf(url), ip }) },
    },
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    trustProxy: proxies ? (address: string) => proxies.has(address) : false,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const { status, body } = v1Dialect.presentError(asAppError(error))
      return reply.code(status).type('application/json').send(body)
    },
  })
  app.removeAllContentTypeParsers()
  // Routes read their bodies themselves, GET being no exception.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.setNotFoundHandler(() => {
    throw new AppError('no_route', 'not found')
  })
  app.setErrorHandler((thrown, request, reply) => {
    const { status, body } = v1Dialect.presentError(asAppError(thrown))
    if (status >= 500) request.log.error({ err: thrown, req: request }, 'request failed')
    return reply.code(status).type('application/json').send(body)
  })
  addHealthRoutes(app, control)
  app.get('/openapi.json', async (_request, reply) => {
    const { openApiText } = await import('./openapi/document.js')
    return reply.type('application/json').send(openApiText())
  })
  return app
}

function addHealthRoutes(app: FastifyInstance, control: Control): void {
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (request, reply) => {
    try {
      await control.health()
      return { status: 'ready' }
    } catch (error) {
      request.log.warn({ err: error }, 'not ready')
      return reply.code(503).send({ status: 'not ready' })
    }
  })
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
