import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from 'node:http'
import { request as requestHttps, Agent as TlsAgent } from 'node:https'
import { pipeline } from 'node:stream/promises'
import { hasBody, type Refusal, refuse } from './refusal.js'

export interface NodeOptions {
  /** Base URLs of the nodes that take requests now. */
  readonly nodes: () => readonly string[]
  /** Sent to the nodes in place of the `Authorization` that the caller sent. */
  readonly authorization?: string
  /** Certificates (PEM) to trust instead of those that Node.js trusts. */
  readonly ca?: string
}

/** Passes requests on to the nodes of a cluster in turn. */
export interface Passage {
  /** Resolves when the request is answered, be it by the refusal that no node could be reached. */
  passOn(request: IncomingMessage, response: ServerResponse): Promise<void>
  close(): void
}

/** They are about one connection, not about the message on it (RFC 9110, 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** How long a node that could not be reached is left alone while there are others. */
const REST_MS = 5_000

const noNode: Refusal = {
  status: 503,
  type: 'unavailable',
  reason: 'no node of the cluster can be reached; try again',
}

export function createPassage(options: NodeOptions): Passage {
  const http = new Agent({ keepAlive: true })
  const https = new TlsAgent({ keepAlive: true, ca: options.ca })
  const restingUntil = new Map<string, number>()
  let turn = 0

  /** Beginning with another one each time, those that rest at the end. */
  function inTurn(): string[] {
    const nodes = options.nodes()
    const start = turn++ % Math.max(nodes.length, 1)
    const isResting = (node: string) => Number((restingUntil.get(node) ?? 0) > Date.now())
    return [...nodes.slice(start), ...nodes.slice(0, start)].sort(
      (a, b) => isResting(a) - isResting(b),
    )
  }

  function send(request: IncomingMessage, node: string): ClientRequest {
    const target = new URL(node)
    const isTls = target.protocol === 'https:'
    const { method, url = '/', headers } = request
    return (isTls ? requestHttps : requestHttp)({
      host: target.hostname.replace(/^\[|\]$/g, ''),
      port: target.port,
      method,
      path: target.pathname.replace(/\/$/, '') + url,
      headers: {
        ...passable(headers),
        host: target.host,
        ...(options.authorization !== undefined && { authorization: options.authorization }),
        // A body of unknown length goes on as one.
        ...(headers['transfer-encoding'] !== undefined && { 'transfer-encoding': 'chunked' }),
      },
      agent: isTls ? https : http,
    })
  }

  /** Resolves with false when the node could not be reached and the request can go elsewhere. */
  async function tryNode(
    request: IncomingMessage,
    response: ServerResponse,
    node: string,
  ): Promise<boolean> {
    const outgoing = send(request, node)
    const abort = () => outgoing.destroy()
    response.once('close', abort)
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      outgoing.on('error', reject)
    })
    // A node may answer before it has read everything, and then read no more.
    if (hasBody(request)) pipeline(request, outgoing).catch(abort)
    else outgoing.end()
    try {
      const answer = await answered
      restingUntil.delete(node)
      response.writeHead(answer.statusCode ?? 502, passable(answer.headers))
      await pipeline(answer, response)
    } catch {
      if (response.headersSent || response.destroyed) {
        response.destroy()
        return true
      }
      restingUntil.set(node, Date.now() + REST_MS)
      return false
    } finally {
      response.off('close', abort)
    }
    return true
  }

  return {
    async passOn(request, response) {
      for (const node of inTurn()) {
        if (await tryNode(request, response, node)) return
        // What a node may have taken is not sent twice.
        if (hasBody(request) || request.method !== 'GET') break
      }
      refuse(request, response, noNode)
    },
    close() {
      http.destroy()
      https.destroy()
    },
  }
}

function passable(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = String(headers.connection ?? '')
    .toLowerCase()
    .split(/ *, */)
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name) && !named.includes(name)),
  )
}
