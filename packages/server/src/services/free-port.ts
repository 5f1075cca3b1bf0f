import { type AddressInfo, createServer } from 'node:net'

const LOOPBACK = '127.0.0.1'

/** Given out by this process, so that no two services get the same before they have it. */
const givenOut = new Set<number>()

/** A port of the loopback interface that nobody listens on. Each is given out once. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, LOOPBACK, resolve)
    })
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    if (givenOut.has(port)) continue
    givenOut.add(port)
    return port
  }
}
