/** `GET /metrics`: what instances, the machine and the server do, as Prometheus reads it. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressSet, plainAddress } from '../../addresses/address-range.js'
import type { Control } from '../../control/control.js'
import { clientAddress } from '../client-address.js'
import type { PrefixApp } from '../lazy-app.js'
import type { RequestMeter } from '../request-meter.js'
import { backupFamilies } from './backup-families.js'
import { CONTENT_TYPE, exposition } from './exposition.js'
import { requestFamilies, sampledFamilies, taskFamilies } from './families.js'
import { createProcessMeter } from './process.js'

export interface MetricsAppOptions {
  readonly control: Control
  readonly meter: RequestMeter
  /** What a reader must send as a bearer token; undefined: only this machine may read. */
  readonly token: string | undefined
  readonly proxies: AddressSet | undefined
  failed(error: unknown): void
}

/** It tells of all accounts, so it is for whoever runs the server, not for its users. */
export function buildMetrics(options: MetricsAppOptions): PrefixApp {
  const own = createProcessMeter()
  return {
    handle(request, response) {
      const refused = refusalOf(request, options)
      if (refused) return answer(response, refused.status, refused.text, refused.headers)
      textOf(options, own.families)
        .then((text) => answer(response, 200, text, { 'content-type': CONTENT_TYPE }))
        .catch((error: unknown) => {
          options.failed(error)
          answer(response, 500, 'internal error\n')
        })
    },
    refuse: (_request, response) => answer(response, 503, 'the server is shutting down\n'),
    async close() {
      own.close()
    },
  }
}

async function textOf(
  { control, meter }: MetricsAppOptions,
  ownFamilies: ReturnType<typeof createProcessMeter>['families'],
): Promise<string> {
  return exposition([
    ...sampledFamilies(control),
    ...requestFamilies(meter),
    ...(await taskFamilies(control)),
    ...(await backupFamilies(control)),
    ...(await ownFamilies()),
  ])
}

interface Refusal {
  readonly status: number
  readonly text: string
  readonly headers?: Headers
}

type Headers = { readonly [name: string]: string }

/** Undefined when the request is to be answered. */
function refusalOf(
  request: IncomingMessage,
  { token, proxies }: MetricsAppOptions,
): Refusal | undefined {
  const path = (request.url ?? '').split('?')[0]
  if (path !== '/metrics' && path !== '/metrics/') return { status: 404, text: 'not found\n' }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, text: 'method not allowed\n', headers: { allow: 'GET, HEAD' } }
  }
  if (token !== undefined) {
    if (isSame(request.headers.authorization ?? '', `Bearer ${token}`)) return undefined
    const headers = { 'www-authenticate': 'Bearer realm="metrics"' }
    return { status: 401, text: 'a bearer token is needed (--metrics-token)\n', headers }
  }
  if (isFromHere(request, proxies)) return undefined
  const text = 'metrics are for this machine alone, unless the server has a --metrics-token\n'
  return { status: 403, text }
}

/** Without telling by the time it takes how much of it is right. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(left, right)
}

/** A proxy that nobody has named as trusted may speak for somebody elsewhere. */
function isFromHere(request: IncomingMessage, proxies: AddressSet | undefined): boolean {
  const { headers, socket } = request
  const isForwarded = ['x-forwarded-for', 'forwarded', 'via'].some((name) => name in headers)
  if (isForwarded && !proxies?.has(socket.remoteAddress)) return false
  const address = clientAddress(request, proxies)
  return address !== undefined && /^(127\.|::1$)/.test(plainAddress(address))
}

function answer(response: ServerResponse, status: number, text: string, headers: Headers = {}) {
  const body = Buffer.from(text)
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
