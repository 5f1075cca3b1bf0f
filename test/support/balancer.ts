import { createServer, request as sendOn } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A load balancer that sends each request to the next of several servers, whoever makes it. */
export interface Balancer {
  readonly url: string
  /** The statuses of all answers since this was asked for last. */
  statuses(): number[]
  close(): Promise<void>
}

export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  let turn = 0
  let seen: number[] = []
  const server = createServer((request, response) => {
    const { method, headers, url = '/' } = request
    const target = new URL(url, urls[turn++ % urls.length])
    const outgoing = sendOn(target, { method, headers }, (answer) => {
      const { statusCode = 502 } = answer
      seen.push(statusCode)
      response.writeHead(statusCode, answer.headers)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.destroy())
    request.pipe(outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    statuses() {
      const all = seen
      seen = []
      return all
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
