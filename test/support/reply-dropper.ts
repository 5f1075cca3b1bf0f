import { connect, createServer, type Socket } from 'node:net'

/** A way to a server on which answers can get lost: it forwards everything, until told not to. */
export interface ReplyDropper {
  readonly port: number
  /**
   * The next request that holds the text reaches the server, and the connection breaks in
   * place of the answer. `meanwhile` runs once the answer is there; clients notice no more of
   * it than that it takes a while. Resolves when it is over.
   */
  dropReplyTo(text: string, meanwhile?: () => Promise<void>): Promise<void>
  close(): void
}

interface Drop {
  readonly text: string
  readonly meanwhile: () => Promise<void>
  readonly done: () => void
}

/** Listens on a port of its own and forwards to another one of this machine. */
export async function startReplyDropper(serverPort: number): Promise<ReplyDropper> {
  const clients = new Set<Socket>()
  let armed: Drop | undefined
  let interlude: Promise<void> | undefined

  /** The client of the lost answer is told at once, as it would be first; others when the server is back. */
  async function drop(client: Socket, { meanwhile, done }: Drop): Promise<void> {
    client.destroy()
    const others = [...clients]
    interlude = meanwhile()
    await interlude
    interlude = undefined
    for (const other of others) other.destroy()
    done()
  }

  const proxy = createServer({ noDelay: true }, async (client) => {
    clients.add(client)
    client.on('error', () => {})
    await interlude
    const server = connect({ port: serverPort, host: '127.0.0.1', noDelay: true })
    let dropping: Drop | undefined
    client.on('close', () => {
      clients.delete(client)
      server.destroy()
    })
    server.on('error', () => {})
    server.on('close', () => {
      if (!interlude) client.destroy()
    })
    client.on('data', (chunk) => {
      if (armed && chunk.includes(armed.text)) {
        dropping = armed
        armed = undefined
      }
      server.write(chunk)
    })
    server.on('data', (chunk) => {
      if (dropping) void drop(client, dropping)
      else client.write(chunk)
    })
  })
  const port = await new Promise<number>((resolve) => {
    proxy.listen(0, '127.0.0.1', () => {
      const address = proxy.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  return {
    port,
    dropReplyTo: (text, meanwhile = async () => {}) =>
      new Promise((resolve) => {
        armed = { text, meanwhile, done: resolve }
      }),
    close() {
      proxy.close()
      for (const client of clients) client.destroy()
    },
  }
}
