/**
 * The TCP front of a MongoDB instance: the ports at which its drivers arrive.
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
import type { DriverConnection, Peer, RunningMongodb } from '../services/driver.js'
import type { LiveCertificate } from '../tls/live-certificate.js'
import { readProxyHeader } from './proxy-protocol.js'

export interface GatewayOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Gives the service that drivers are handed to; when it rejects, their connection is closed. */
  readonly service: () => Promise<RunningMongodb>
  /** Whether somebody at an address may connect now. */
  readonly allows: (address: string) => boolean
  /** Those who are believed when they say, in PROXY protocol, for whom they connect. */
  readonly proxies: AddressSet
}

/** The open ports of an instance. */
export interface Gateway {
  /** Where drivers arrive in the clear. */
  readonly address: Address
  /** Opens a second port, for TLS; rejects when it cannot be had, and changes nothing then. */
  openTls(port: number, certificate: LiveCertificate): Promise<Address>
  /** Cuts all connections of those who may no longer connect. */
  recheck(): void
  /** Stops accepting; resolves when all commands under way are answered, or cut off after `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** Turns a socket that arrived into the one that the driver talks through. */
type Wrap = (socket: Socket) => Socket

const BACKLOG = 1024
/** How long a proxy may take to say for whom it connects. */
const PROXY_HEADER_MS = 5_000

/** Opens the plain port of an instance; rejects when it cannot be had. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port } = options
  const guests = createGuests(options)
  const servers: Server[] = []

  async function open(port: number, wrap: Wrap): Promise<Address> {
    const options = { noDelay: true, keepAlive: true }
    const server = createServer(options, (socket) => guests.arrive(socket, wrap))
    const address = await bind(server, { host, port, backlog: BACKLOG })
    servers.push(server)
    return address
  }

  return {
    address: await open(port, (socket) => socket),
    openTls(tlsPort, certificate) {
      return open(tlsPort, (socket) => {
        return new TLSSocket(socket, { isServer: true, secureContext: certificate.context() })
      })
    },
    recheck: guests.recheck,
    async close(graceMs) {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
      await Promise.all([...closed, guests.end(graceMs)])
    },
  }
}

/** Those who are at the ports of an instance, from their arrival on. */
function createGuests({ service, allows, proxies }: Omit<GatewayOptions, 'host' | 'port'>) {
  /** Those not handed over yet. */
  const waiting = new Set<Socket>()
  const admitted = new Map<Socket, Peer>()
  const connections = new Set<DriverConnection>()

  function arrive(arrived: Socket, wrap: Wrap): void {
    // A peer that is gone is no news; `close` follows.
    arrived.on('error', () => {})
    const { remoteAddress, remotePort } = arrived
    if (remoteAddress === undefined || remotePort === undefined) {
      arrived.destroy()
      return
    }
    const peer = { host: plainAddress(remoteAddress), port: remotePort }
    if (proxies.has(peer.host)) void introduce(arrived, peer, wrap)
    else admit(arrived, peer, wrap)
  }

  async function introduce(arrived: Socket, proxy: Peer, wrap: Wrap): Promise<void> {
    waiting.add(arrived)
    const deadline = setTimeout(() => arrived.destroy(), PROXY_HEADER_MS)
    try {
      admit(arrived, (await readProxyHeader(arrived)) ?? proxy, wrap)
    } catch {
      arrived.destroy()
    } finally {
      clearTimeout(deadline)
      waiting.delete(arrived)
    }
  }

  function admit(arrived: Socket, peer: Peer, wrap: Wrap): void {
    if (arrived.destroyed) return
    if (!allows(peer.host)) {
      arrived.destroy()
      return
    }
    const socket = wrap(arrived)
    socket.on('error', () => {})
    admitted.set(socket, peer)
    socket.once('close', () => admitted.delete(socket))
    waiting.add(socket)
    void handOver(socket, peer).finally(() => waiting.delete(socket))
  }

  async function handOver(socket: Socket, peer: Peer): Promise<void> {
    try {
      const running = await service()
      if (socket.destroyed) return
      const connection = running.accept(socket, peer)
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
