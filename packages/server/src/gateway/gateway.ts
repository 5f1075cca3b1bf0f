/**
 * The TCP front of an instance: the ports at which its users arrive.
 *
 * - The ports are the instance's, not those of the service behind it: they stay open while
 *   that is started or started again, and a driver that comes meanwhile waits.
 * - Every connection, plain or TLS, passes `admit` before a byte of it is read, but for the
 *   header of a trusted proxy. Whoever may not connect is refused there, without a word.
 * - The gateway holds all connections of its instance, and cuts those that may no longer be.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type AddressSet, plainAddress } from '../addresses/address-range.js'
import { type Address, bind } from '../binding.js'
import type { DriverConnection, Peer, RunningService } from '../services/driver.js'
import type { LiveCertificate } from '../tls/live-certificate.js'
import { readProxyHeader } from './proxy-protocol.js'

export interface GatewayOptions {
  readonly host: string
  /** Gives the service that drivers are handed to; when it rejects, their connection is closed. */
  readonly service: () => Promise<RunningService>
  /** Whether somebody at an address may connect now. */
  readonly allows: (address: string) => boolean
  /** Those who are believed when they say, in PROXY protocol, for whom they connect. */
  readonly proxies: AddressSet
}

/** The ports of an instance, none of them open at first. */
export interface Gateway {
  /**
   * Opens a port, over TLS when there is a certificate; 0 takes any free one. The service is
   * told the name with each connection. Rejects when the port cannot be had.
   */
  open(name: string, port: number, certificate?: LiveCertificate): Promise<Address>
  /** Cuts all connections of those who may no longer connect. */
  recheck(): void
  /** Stops accepting; resolves when all commands under way are answered, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** The port at which somebody arrives. */
interface Port {
  readonly name: string
  /** Turns a socket that arrived into the one that the driver talks through. */
  readonly wrap: (socket: Socket) => Socket
}

const BACKLOG = 1024
/** How long a proxy may take to say for whom it connects. */
const PROXY_HEADER_MS = 5_000

export function createGateway(options: GatewayOptions): Gateway {
  const { host } = options
  const guests = createGuests(options)
  const servers: Server[] = []

  return {
    async open(name, port, certificate) {
      const wrap = (socket: Socket) =>
        certificate
          ? new TLSSocket(socket, { isServer: true, secureContext: certificate.context() })
          : socket
      const options = { noDelay: true, keepAlive: true }
      const server = createServer(options, (socket) => guests.arrive(socket, { name, wrap }))
      const address = await bind(server, { host, port, backlog: BACKLOG })
      servers.push(server)
      return address
    },
    recheck: guests.recheck,
    async close(graceMs) {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
      await Promise.all([...closed, guests.end(graceMs)])
    },
  }
}

/** Those who are at the ports of an instance, from their arrival on. */
function createGuests({ service, allows, proxies }: Omit<GatewayOptions, 'host'>) {
  /** Those not handed over yet. */
  const waiting = new Set<Socket>()
  const admitted = new Map<Socket, Peer>()
  const connections = new Set<DriverConnection>()

  function arrive(arrived: Socket, port: Port): void {
    // A peer that is gone is no news; `close` follows.
    arrived.on('error', () => {})
    const { remoteAddress, remotePort } = arrived
    if (remoteAddress === undefined || remotePort === undefined) {
      arrived.destroy()
      return
    }
    const peer = { host: plainAddress(remoteAddress), port: remotePort }
    if (proxies.has(peer.host)) void introduce(arrived, peer, port)
    else admit(arrived, peer, port)
  }

  async function introduce(arrived: Socket, proxy: Peer, port: Port): Promise<void> {
    waiting.add(arrived)
    const deadline = setTimeout(() => arrived.destroy(), PROXY_HEADER_MS)
    try {
      admit(arrived, (await readProxyHeader(arrived)) ?? proxy, port)
    } catch {
      arrived.destroy()
    } finally {
      clearTimeout(deadline)
      waiting.delete(arrived)
    }
  }

  function admit(arrived: Socket, peer: Peer, port: Port): void {
    if (arrived.destroyed) return
    if (!allows(peer.host)) {
      arrived.destroy()
      return
    }
    const socket = port.wrap(arrived)
    socket.on('error', () => {})
    admitted.set(socket, peer)
    socket.once('close', () => admitted.delete(socket))
    waiting.add(socket)
    void handOver(socket, peer, port.name).finally(() => waiting.delete(socket))
  }

  async function handOver(socket: Socket, peer: Peer, port: string): Promise<void> {
    try {
      const running = await service()
      if (socket.destroyed) return
      if (!running.accept) throw new Error('users connect to this service itself')
      const connection = running.accept(socket, peer, port)
      connections.add(connection)
      void connection.closed.then(() => connections.delete(connection))
    } catch {
      // Why the service is not there has been said where it failed to start.
      socket.destroy()
    }
  }

  return {
    arrive,
    recheck() {
      for (const [socket, { host }] of admitted) if (!allows(host)) socket.destroy()
    },
    async end(graceMs: number) {
      for (const socket of waiting) socket.destroy()
      for (const connection of connections) connection.end()
      const deadline = setTimeout(() => {
        for (const connection of connections) connection.destroy()
      }, graceMs)
      await Promise.all([...connections].map((connection) => connection.closed))
      clearTimeout(deadline)
    },
  }
}
