import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { authority, bind } from '../binding.js'
import type { LiveCertificate } from '../tls/live-certificate.js'
import { handleBrokenFraming } from './framing.js'

export interface ListenOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly requestTimeoutMs: number
  /** No request has a longer body. */
  readonly bodyLimit: number
  /** Undefined: plain HTTP. */
  readonly certificate?: LiveCertificate
}

/** A port that takes requests until `close`. */
export interface Listener {
  readonly url: string
  /** Stops accepting; resolves when all requests are answered, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>
}

const HEADERS_TIMEOUT_MS = 60_000
/** Longer than balancers keep a connection, so that they are the ones to close it. */
const KEEP_ALIVE_MS = 72_000
const CHECK_INTERVAL_MS = 1_000
/** A query string is a part of the head, and holds documents where there is no body. */
const MAX_HEADER_BYTES = 64 * 1024
const IDLE_CHECK_MS = 20

/** Starts to listen; rejects when the port cannot be had. */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const { host, port, certificate } = options
  const server = create(handler, options)
  handleBrokenFraming(server)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // Without the go-ahead the body is not sent, and the answer says why.
    if (!(Number(request.headers['content-length']) > options.bodyLimit)) response.writeContinue()
    server.emit('request', request, response)
  })
  const address = await bind(server, { host, port })
  return {
    url: `${certificate ? 'https' : 'http'}://${authority(address)}`,
    close: (graceMs) => close(server, graceMs),
  }
}

function create(handler: RequestListener, options: ListenOptions): Server {
  const { requestTimeoutMs, certificate } = options
  const limits: ServerOptions = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  }
  if (!certificate) return createServer(limits, handler)
  const server = createTlsServer({ ...limits, ...certificate.current }, handler)
  const stop = certificate.onRenewed((renewed) => server.setSecureContext(renewed))
  server.once('close', stop)
  return server
}

async function close(server: Server, graceMs: number): Promise<void> {
  let open = true
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      open = false
      resolve()
    })
  })
  const deadline = Date.now() + graceMs
  while (open && Date.now() < deadline) {
    // Connections whose request has just been answered would stay for the next one.
    server.closeIdleConnections()
    await Promise.race([closed, sleep(IDLE_CHECK_MS)])
  }
  server.closeAllConnections()
  await closed
}
