import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What has arrived. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** How to answer; `silent` never does. */
export type ReceiverAnswer =
  | {
      readonly status: number
      readonly body?: string
      readonly headers?: { readonly [name: string]: string }
    }
  | 'silent'

/** A server that takes down what it is sent. */
export interface HttpReceiver {
  readonly url: string
  readonly received: readonly Received[]
  /** What to answer from now on, the first of them to the next request; the last one to all that follow. */
  answers: ReceiverAnswer[]
  /** Resolves when so much has arrived. */
  until(count: number): Promise<void>
  close(): Promise<void>
}

export async function openHttpReceiver(): Promise<HttpReceiver> {
  const received: Received[] = []
  const waiting: { readonly count: number; readonly done: () => void }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = '', url: path = '', headers } = request
    const { answers } = receiver
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    received.push({ method, path, headers, body: Buffer.concat(chunks).toString() })
    for (const { count, done } of waiting) if (received.length >= count) done()
    if (answer === undefined || answer === 'silent') return
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: HttpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers: [{ status: 200 }],
    until: (count) =>
      new Promise((done) => {
        if (received.length >= count) done()
        else waiting.push({ count, done })
      }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}
