import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.js'
import { handleBrokenFraming } from './framing.js'
import type { KeyAndCertificate } from './tls/self-signed.js'

export interface ListenOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly requestTimeoutMs: number
  /** No request has a longer body. */
  readonly bodyLimit: number
  /** Gives the certificate at the start and every day after it; undefined: plain HTTP. */
  readonly certificate?: () => Promise<KeyAndCertificate>
}

/** A port that takes requests until `close`. */
export interface Listener {
  readonly url: string
  /** Stops accepting; resolves when all requests are answered, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>
}

const DAY_MS = 24 * 3600 * 1000
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
  const server = await create(handler, options)
  handleBrokenFraming(server)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // Without the go-ahead the body is not sent, and the answer says why.
    if (!(Number(request.headers['content-length']) > options.bodyLimit)) response.writeContinue()
    server.emit('request', request, response)
  })
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: Error) => {
      const message = `cannot listen on ${host} port ${port}: ${cause.message}`
      reject(new AppError('unavailable', message, {}, { cause }))
    }
    server.once('error', refuse)
    server.listen(port, host, () => {
      server.off('error', refuse)
      resolve()
    })
  })
  const address = server.address() as AddressInfo
  return {
    url: `${certificate ? 'https' : 'http'}://${reachable(address)}:${address.port}`,
    close: (graceMs) => close(server, graceMs),
  }
}

async function create(handler: RequestListener, options: ListenOptions): Promise<Server> {
  const { requestTimeoutMs, certificate } = options
  const limits: ServerOptions = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  }
  if (!certificate) return createServer(limits, handler)
  const server = createTlsServer({ ...limits, ...(await certificate()) }, handler)
  renewDaily(server, certificate)
  return server
}

function renewDaily(server: TlsServer, certificate: () => Promise<KeyAndCertificate>): void {
  const timer = setInterval(() => {
    certificate().then(
      (renewed) => server.setSecureContext(renewed),
      // The one in use is still good for a while, and tomorrow is another day.
      (error) => process.emitWarning(error),
    )
  }, DAY_MS).unref()
  server.once('close', () => clearInterval(timer))
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

/** An address that a client can use, also when all of them are listened on. */
function reachable({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  if (address === '::') return '[::1]'
  return family === 'IPv6' ? `[${address}]` : address
}
