import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of which only what `stat` and `top` read is there, in the form of the original's. */
export interface OriginalServer {
  readonly url: string
  /** Another list of operations under way; undefined: it has no such call. */
  operations: object[] | undefined
  /** Stops to listen and cuts all connections. */
  cut(): Promise<void>
  /** Listens again, at the same port. */
  resume(): Promise<void>
}

export const ORIGINAL_KEY = '0123456789abcdef0123456789abcdef'

/** Each answer counts 10 insertions in one second more than the one before. */
export async function startOriginalServer(): Promise<OriginalServer> {
  let answers = 0
  let port = 0
  const original = {
    operations: [] as object[] | undefined,
    get url() {
      return `http://127.0.0.1:${port}`
    },
    cut: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    resume: listen,
  }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const send = (status: number, answer: object) =>
      response.writeHead(status).end(JSON.stringify(answer))
    if (new URLSearchParams(body).get('api_key') !== ORIGINAL_KEY) {
      send(403, { rc: 1, msg: 'invalid API key' })
    } else if (request.url === '/serverStatus') {
      send(200, { rc: 0, data: statusOf(++answers) })
    } else if (request.url === '/current_op' && original.operations) {
      send(200, { rc: 0, data: { inprog: original.operations } })
    } else {
      send(404, { rc: 1, msg: 'not found' })
    }
  })
  await listen()
  return original

  function listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port
        resolve()
      })
    })
  }
}

/** As in the documented samples: no `uptimeMillis`, no network, no memory. */
function statusOf(n: number) {
  return {
    instance: 'rocketdemo',
    zone: 'US-West',
    plan: 20,
    version: '2.0.6',
    uptime: 100 + n,
    opcounters: { query: 2669, insert: 10 * n, update: 4, delete: 3, getmore: 4, command: 2 },
    connections: { current: 31, available: 19_969 },
    globalLock: { lockTime: 500_000 * n, totalTime: 1_000_000 * n },
  }
}
