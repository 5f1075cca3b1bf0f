import { type FastifyInstance, type FastifyReply, fastify, LogController } from 'fastify'
import type { AddressSet } from '../addresses/address-range.js'
import type { Control } from '../control/control.js'
import { AppError, type ErrorKind } from '../errors.js'
import { ClientGone } from './receive-body.js'
import { v1Dialect } from './v1/dialect.js'
import { addV1Routes } from './v1/routes.js'

export interface AppOptions {
  readonly control: Control
  readonly logLevel: string
  readonly resultLimit: number
  /** Those who are believed when they say for whom they connect; missing: nobody. */
  readonly proxies?: AddressSet
}

/** A path segment may be as long as any name, and wrong names are for the dialects to refuse. */
const LONGEST_SEGMENT = 64 * 1024

/** All routes, without a listener; closing it makes it refuse what still comes in. */
export function buildApp({ control, logLevel, resultLimit, proxies }: AppOptions): FastifyInstance {
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
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_SEGMENT },
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const { status, body } = v1Dialect.presentError(asAppError(error))
      return reply.code(status).type('application/json').send(body)
    },
  })
  app.removeAllContentTypeParsers()
  // Routes read their bodies themselves, GET being no exception.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.setNotFoundHandler((request) => {
    const known = v1Dialect.ownsPath(pathOf(request.url))
    throw known
      ? new AppError('method_not_allowed', 'method not allowed')
      : new AppError('no_route', 'not found')
  })
  app.setErrorHandler((thrown, request, reply) => {
    if (thrown instanceof ClientGone) return reply.hijack().raw.destroy()
    const { status, body } = v1Dialect.presentError(asAppError(thrown))
    if (status >= 500) request.log.error({ err: thrown, req: request }, 'request failed')
    // What is left of its body is not worth reading.
    if (status === 413) reply.header('connection', 'close')
    return reply.code(status).type('application/json').send(body)
  })
  addHealthRoutes(app, control)
  addV1Routes(app, { control, resultLimit })
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

const frameworkFaults: Readonly<Record<number, readonly [ErrorKind, string]>> = {
  404: ['no_route', 'not found'],
  405: ['method_not_allowed', 'method not allowed'],
  413: ['too_large', 'request too large'],
  415: ['unsupported_type', 'unsupported content type'],
}

/** The framework's own errors in our words; everything else as it is. */
function asAppError(thrown: unknown): unknown {
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown }
  if (typeof code !== 'string' || !code.startsWith('FST_')) return thrown
  if (code === 'FST_ERR_BAD_URL') return new AppError('no_route', 'not found')
  if (typeof statusCode !== 'number' || statusCode >= 500) return thrown
  return new AppError(...(frameworkFaults[statusCode] ?? ['malformed', 'malformed request']))
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
