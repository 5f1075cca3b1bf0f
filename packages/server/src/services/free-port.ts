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

/** Whether nobody listens on a port of the loopback interface now. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer()
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, LOOPBACK, () => resolve(true))
  })
  if (isFree) await new Promise((resolve) => server.close(resolve))
  return isFree
}
