import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Server } from 'node:net'

/** Undefined when somebody else has the port; 0 takes any free one. */
export function listenAt(port: number): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

/** A port that is free, and so is the one 10000 above it. */
export async function portWithTls(): Promise<number> {
  for (;;) {
    const plain = (await listenAt(0)) ?? assert.fail('no port is free')
    const { port } = plain.address() as AddressInfo
    const tls = port < 55_000 ? await listenAt(port + 10_000) : undefined
    plain.close()
    tls?.close()
    if (tls) return port
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = (await listenAt(0)) ?? assert.fail('no port is free')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
