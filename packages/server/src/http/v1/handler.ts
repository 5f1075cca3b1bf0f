/**
 * API v1 on bare `node:http`. It has its own ways with paths, bodies and errors, so that a
 * framework would do little for it, and that little costs as much as finding a document.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Audit } from '@gantry/api'
import type { AddressSet } from '../../addresses/address-range.js'
import { AppError } from '../../errors.js'
import { factsOfAccount, recordCall } from '../audit.js'
import { clientAddress } from '../client-address.js'
import { CLIENT_HEADER, forward, serverFor } from '../forward.js'
import { bodyOf, ClientGone } from '../receive-body.js'
import type { RequestMeter } from '../request-meter.js'
import { sendAnswer, sendList } from './answer.js'
import { type CallOptions, readCall } from './call.js'
import { presentCount, presentData, v1Dialect } from './dialect.js'
import { type Path, readPath } from './path.js'
import type { Results, V1Call } from './route.js'
import { createRouter, type Found } from './router.js'
import { v1Routes } from './routes.js'

export interface V1Options extends CallOptions {
  /** Is told of failures that are not the client's. */
  readonly failed: (error: unknown, request: IncomingMessage) => void
  readonly meter: RequestMeter
  /** Those who are believed when they say for whom they connect. */
  readonly proxies?: AddressSet
}

/** Serves a request if its path is one of API v1; otherwise answers false and leaves it alone. */
export type V1Handler = (request: IncomingMessage, response: ServerResponse) => boolean

export function v1Handler(options: V1Options): V1Handler {
  const find = createRouter(v1Routes)
  const { meter } = options
  return (request, response) => {
    const path = pathOf(request)
    const found = path && find(path.segments)
    if (!found) return false
    const startedMs = performance.now()
    void serve(options, found, path.query, request, response)
      .catch((error) => refuse(options, error, request, response))
      .then(() => {
        const { path: route } = found.route.endpoint
        meter.count('v1', route, response.statusCode, performance.now() - startedMs)
      })
    return true
  }
}

function pathOf({ url = '' }: IncomingMessage): Path | undefined {
  try {
    return readPath(url)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

/** Endpoints are for POST, and for GET in the same way. */
async function serve(
  options: V1Options,
  { route, params }: Found,
  query: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST' && request.method !== 'GET') {
    throw new AppError('method_not_allowed', 'method not allowed')
  }
  const { endpoint, handle } = route
  const call = await readCall(request, query, options, endpoint, params)
  const result = await handle(call)
  if (typeof endpoint.audit === 'string') await record(options, endpoint.audit, request, call)
  switch (endpoint.returns) {
    case 'data':
      return sendAnswer(response, 200, await presentData(result as Results['data']))
    case 'count':
      return sendAnswer(response, 200, presentCount(result as Results['count']))
    case 'list':
      return sendList(response, result as Results['list'], options.resultLimit)
  }
}

async function record(
  { control, proxies }: V1Options,
  audit: Audit,
  request: IncomingMessage,
  { instance, params, noted }: V1Call,
): Promise<void> {
  const { account, name: clusterName } = instance
  const { db: database, collection } = params
  const about = { database, collection, ...noted }
  const of = { account, clusterName, request, proxies, noted: about }
  await recordCall(control.events, audit, () => factsOfAccount(control, of))
}

async function refuse(
  options: V1Options,
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (error instanceof ClientGone || isCutOff(error)) {
    response.destroy()
    return
  }
  const server = serverFor(error, request)
  if (server !== undefined && !response.headersSent) {
    const { control, proxies } = options
    const told = { [CLIENT_HEADER]: clientAddress(request, proxies) ?? '' }
    return forward(control.servers, server, request, bodyOf(request), response, { told }).catch(
      (failure) => refuse(options, failure, request, response),
    )
  }
  const { status, body } = v1Dialect.presentError(error)
  if (status >= 500) options.failed(error, request)
  // An answer that is under way cannot become an error any more.
  if (response.headersSent) {
    response.destroy()
    return
  }
  // What is left of its body is not worth reading.
  if (status === 413) response.setHeader('connection', 'close')
  await sendAnswer(response, status, body)
}

/** The client went away, or was sent away, while it was being answered. */
function isCutOff(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE'
}
