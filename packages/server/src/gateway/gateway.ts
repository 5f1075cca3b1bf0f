/**
 * The TCP front of a MongoDB instance: the ports at which its drivers arrive.
 *
 * - The ports are the instance's, not those of the service behind it: they stay open while
 *   that is started or started again, and a driver that comes meanwhile waits.
 * - Every connection, plain or TLS, passes `arrive` before a byte of it is read. Whoever is
 *   to be refused for the address alone is refused there.
 * - The gateway holds all connections of its instance, so that it can cut one.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type Address, bind } from '../binding.js'
import type { DriverConnection, RunningMongodb } from '../services/driver.js'
import { type Certificate, keepContext } from '../tls/context.js'

export interface GatewayOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Gives the service that drivers are handed to; when it rejects, their connection is closed. */
  readonly service: () => Promise<RunningMongodb>
}

/** The open ports of an instance. */
export interface Gateway {
  /** Where drivers arrive in the clear. */
  readonly address: Address
  /** Opens a second port, for TLS; rejects when it cannot be had, and changes nothing then. */
  openTls(port: number, certificate: Certificate): Promise<Address>
  /** Stops accepting; resolves when all commands under way are answered, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** Turns a socket that arrived into the one that the driver talks through. */
type Wrap = (socket: Socket) => Socket

const BACKLOG = 1024

/** Opens the plain port of an instance; rejects when it cannot be had. */
export async function openGateway({ host, port, service }: GatewayOptions): Promise<Gateway> {
  /** Those whose service has yet to start. */
  const waiting = new Set<Socket>()
  const connections = new Set<DriverConnection>()
  const servers: Server[] = []

  /** Every connection comes in here, with nothing known of it but its address. */
  function arrive(arrived: Socket, wrap: Wrap): void {
    const socket = wrap(arrived)
    waiting.add(socket)
    // A peer that is gone is no news; `close` follows.
    socket.on('error', () => {})
    void handOver(socket).finally(() => waiting.delete(socket))
  }

  async function handOver(socket: Socket): Promise<void> {
    try {
      const running = await service()
      if (socket.destroyed) return
      const connection = running.accept(socket)
      connections.add(connection)
      void connection.closed.then(() => connections.delete(connection))
    } catch {
      // Why the service is not there has been said where it failed to start.
      socket.destroy()
    }
  }

  async function open(port: number, wrap: Wrap): Promise<Address> {
    const options = { noDelay: true, keepAlive: true }
    const server = createServer(options, (socket) => arrive(socket, wrap))
    const address = await bind(server, { host, port, backlog: BACKLOG })
    servers.push(server)
    return address
  }

  return {
    address: await open(port, (socket) => socket),
    async openTls(tlsPort, certificate) {
      const context = await keepContext(certificate)
      return open(tlsPort, (socket) => {
        return new TLSSocket(socket, { isServer: true, secureContext: context() })
      })
    },
    async close(graceMs) {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
      for (const socket of waiting) socket.destroy()
      for (const connection of connections) connection.end()
      const deadline = setTimeout(() => {
        for (const connection of connections) connection.destroy()
      }, graceMs)
      await Promise.all([...closed, ...[...connections].map((connection) => connection.closed)])
      clearTimeout(deadline)
    },
  }
}
