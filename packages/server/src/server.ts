import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import type { Config } from './config.js'

/** A server that accepts requests at `url` until `stop()` has resolved. */
export interface RunningServer {
  readonly url: string
  /** Stops accepting, waits for what is in flight and closes all that the start opened. */
  stop(): Promise<void>
}

/** Builds all parts from the configuration; rejects when the port cannot be had. */
export async function start(config: Config): Promise<RunningServer> {
  const app = fastify({ forceCloseConnections: 'idle' })
  app.get('/healthz', () => ({ status: 'ok' }))
  await app.listen({ host: config.host, port: config.port })
  return { url: urlOf(app.server.address() as AddressInfo), stop: () => app.close() }
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
