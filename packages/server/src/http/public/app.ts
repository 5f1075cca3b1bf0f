import type { IncomingMessage } from 'node:http'
import type { AddressSet } from '../../addresses/address-range.js'
import type { Control } from '../../control/control.js'
import { AppError } from '../../errors.js'
import type { PrefixApp } from '../lazy-app.js'
import { failed, send } from './answer.js'
import type { Parts } from './call.js'
import { errorDocument } from './errors.js'
import { serve } from './handler.js'
import { openNonces } from './nonces.js'
import { PUBLIC_DEFAULTS, type PublicOptions } from './options.js'
import { presenterOf } from './present.js'
import { rateLimit } from './rate-limit.js'
import { createRouter } from './router.js'
import { publicRoutes } from './routes.js'
import { openWalks } from './walks.js'

export interface PublicAppOptions {
  readonly control: Control
  readonly options: Partial<PublicOptions>
  readonly proxies?: AddressSet
  readonly failed: (error: unknown, request: IncomingMessage) => void
}

/** The Public API, to be asked for paths below its prefix. */
export function buildPublic(given: PublicAppOptions): PrefixApp {
  const { control, proxies } = given
  const options = { ...PUBLIC_DEFAULTS, ...given.options }
  const { now } = options
  const { algorithms, nonceLifetimeMs, publicUrl, plainHttp } = options
  const { servers } = control
  const nonces = openNonces({
    lifetimeMs: nonceLifetimeMs,
    now,
    sign: (text) => servers.sign(text, 'nonce'),
    startedMs: now() - (Date.now() - servers.startedMs),
  })
  const parts: Parts = {
    control,
    settings: options,
    transport: { proxies, publicUrl, plainHttp },
    digest: { nonces, algorithms, keysOf: (name) => control.keys.byName(name) },
    rates: rateLimit(options.rateLimit, control.projectCalls, now),
    walks: openWalks(now),
    find: createRouter(publicRoutes),
    presenter: presenterOf(publicRoutes),
    now,
    failed: given.failed,
  }
  return {
    handle: (request, response) => void serve(parts, request, response),
    refuse(_request, response) {
      const closing = errorDocument(new AppError('unavailable', 'The server is shutting down.'))
      void send(response, failed(closing, {}), { pretty: false, envelope: false }, false)
    },
    async close() {},
  }
}
