import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Control } from '../../control/control.js'
import { PASS_HEADER, PEER_PREFIX } from '../../control/shared/peers.js'
import type { PrefixApp } from '../lazy-app.js'

const PROCESS = new RegExp(`^${PEER_PREFIX}/processes/([0-9a-f]{24})$`)

/** Answers other servers with the same state about what runs here, and nobody else. */
export function buildPeer(control: Control): PrefixApp {
  let closing = false

  async function answer(request: IncomingMessage): Promise<[status: number, body: object]> {
    if (closing) return [503, {}]
    // For all others there is nothing here.
    if (!control.servers.isPass(request.headers[PASS_HEADER])) return [404, {}]
    const [, id] = PROCESS.exec(request.url ?? '') ?? []
    const instance = id === undefined ? undefined : control.instances.byId(id)
    if (!instance || request.method !== 'GET') return [404, {}]
    const facts = await control.topology.factsOf(instance)
    return facts ? [200, facts] : [503, {}]
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume()
    const [status, body] = await answer(request).catch(() => [500, {}] as const)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

  return {
    handle: (request, response) => void serve(request, response),
    async close() {
      closing = true
    },
  }
}
