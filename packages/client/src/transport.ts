import http from 'node:http'
import https from 'node:https'
import { ConnectionError } from './errors.js'

/** Where the server is, and how far it is trusted. */
export interface TransportOptions {
  /** Of the server, `http:` or `https:`; a path in it is put before those of the calls. */
  readonly url: string | URL
  /** Certificates (PEM) to trust instead of those that Node.js trusts by itself. */
  readonly ca?: string | Buffer
  /** Accept any certificate: whoever stands between can then read the key. */
  readonly insecure?: boolean
  /** How long a call may wait while nothing arrives; 30 s when not given. */
  readonly timeoutMs?: number
}

export interface TransportReply {
  readonly status: number
  readonly text: string
}

/** A request as it goes out. */
export interface TransportRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends requests to one server over connections that are kept open until `close`. */
export interface Transport {
  /** Rejects with a `ConnectionError`; a signal that is aborted ends the call. */
  post(path: string, form: string, signal?: AbortSignal): Promise<TransportReply>
  /** The same for a request of any kind. */
  send(request: TransportRequest, signal?: AbortSignal): Promise<TransportReply>
  close(): void
}

const DEFAULT_TIMEOUT_MS = 30_000

/** Opens no connection yet. Throws a `TypeError` for a URL that cannot be used. */
export function createTransport(options: TransportOptions): Transport {
  const { ca, insecure = false, timeoutMs = DEFAULT_TIMEOUT_MS } = options
  const url = new URL(options.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new TypeError(`a URL of http or https is needed, not of ${url.protocol.slice(0, -1)}`)
  }
  const agent =
    url.protocol === 'https:'
      ? new https.Agent({ keepAlive: true, ca, rejectUnauthorized: !insecure })
      : new http.Agent({ keepAlive: true })
  const send = url.protocol === 'https:' ? https.request : http.request
  const base = url.pathname.replace(/\/$/, '')
  function exchange(
    { method, path, headers, body }: TransportRequest,
    signal?: AbortSignal,
  ): Promise<TransportReply> {
    return new Promise((resolve, reject) => {
      const request = send(
        new URL(base + path, url),
        { method, agent, signal, timeout: timeoutMs, headers: headersOf(headers, body) },
        (response) => {
          readText(response).then(
            (text) => resolve({ status: response.statusCode ?? 0, text }),
            (error) => reject(toConnectionError(url, error)),
          )
        },
      )
      request.on('timeout', () => {
        request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`))
      })
      request.on('error', (error) => reject(toConnectionError(url, error)))
      request.end(body)
    })
  }
  return {
    post: (path, form, signal) =>
      exchange({ method: 'POST', path, headers: FORM, body: form }, signal),
    send: exchange,
    close: () => agent.destroy(),
  }
}

const FORM = {
  'content-type': 'application/x-www-form-urlencoded',
  accept: 'text/plain, application/json',
}

function headersOf(headers: TransportRequest['headers'], body: string) {
  return body === '' ? { ...headers } : { ...headers, 'content-length': Buffer.byteLength(body) }
}

async function readText(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Names the server; an error of several addresses has no message of its own. */
function toConnectionError(url: URL, cause: unknown): ConnectionError {
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  const reason = first instanceof Error ? first.message || first.name : String(first)
  return new ConnectionError(`${url.origin}: ${reason}`, { cause })
}
