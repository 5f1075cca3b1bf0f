import { createServer, type Server, type Socket } from 'node:net'
import type { Engine } from '../engine.js'
import type { SessionOrigin } from '../session.js'
import { type Connection, type ConnectionOptions, serveConnection } from './connection.js'

export interface ServeOptions extends ConnectionOptions {
  /** The peer's `host:port`, where something stands between it and the socket. */
  readonly peerAddress?: string
  /** The `host:port` that clients are told to connect to. Default: the one at which each has arrived. */
  readonly advertisedAddress?: string
  /** Who connects from this machine may make the first user of all. Default: nobody may. */
  readonly localhostException?: boolean
  /** Nobody is asked who they are, and everybody may do everything. Default: false. */
  readonly unrestricted?: boolean
}

export interface ListenOptions extends ServeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 27017; 0 takes any free port. */
  readonly port?: number
  /** Takes a socket that has arrived, and hands over what the client talks through, such as one of TLS. */
  readonly arrive?: (socket: Socket, accept: (socket: Socket) => void) => void
  /** Further connections are closed at once. Default: as many as the system bears. */
  readonly maxConnections?: number
}

/** A port that drivers can connect to. */
export interface Listener {
  readonly port: number
  /** Serves a socket that was accepted elsewhere, until the listener closes. */
  accept(socket: Socket): Connection
  /** Stops accepting, lets what is under way finish for at most `graceMs` (default 5 000), and closes all connections. */
  close(graceMs?: number): Promise<void>
}

const BACKLOG = 1024

/** Serves a driver on a socket that was accepted elsewhere, until either side closes it. */
export function serveSocket(
  engine: Engine,
  socket: Socket,
  options: ServeOptions = {},
): Connection {
  return serveConnection(engine, socket, originOf(socket, options), options)
}

/** Listens for drivers of an engine; rejects when the port cannot be had. The engine outlives the listener. */
export async function listen(engine: Engine, options: ListenOptions = {}): Promise<Listener> {
  const connections = new Set<Connection>()
  const accept = (socket: Socket) => {
    const connection = serveSocket(engine, socket, options)
    connections.add(connection)
    void connection.closed.then(() => connections.delete(connection))
    return connection
  }
  const { host = '127.0.0.1', port = 27017, arrive, maxConnections } = options
  const settings = { noDelay: true, keepAlive: true }
  const server = createServer(settings, (socket) => {
    if (arrive) arrive(socket, accept)
    else accept(socket)
  })
  if (maxConnections !== undefined) server.maxConnections = maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG }, resolve)
  })
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    accept,
    close: (graceMs = 5_000) => close(server, connections, graceMs),
  }
}

async function close(server: Server, connections: Set<Connection>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const connection of connections) connection.end()
  const deadline = setTimeout(() => {
    for (const connection of connections) connection.destroy()
  }, graceMs)
  await Promise.all([closed, ...[...connections].map((connection) => connection.closed)])
  clearTimeout(deadline)
}

/** What a session is told of a socket: both of its ends, unless the options name another for ours. */
function originOf(
  socket: Socket,
  {
    advertisedAddress,
    peerAddress,
    localhostException = false,
    unrestricted = false,
  }: ServeOptions,
): SessionOrigin {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  return {
    address: peerAddress ?? formatAddress(remoteAddress, remotePort),
    serverAddress: advertisedAddress ?? formatAddress(localAddress, localPort),
    unrestricted,
    mayMakeFirstUser: localhostException && isLoopback(remoteAddress),
  }
}

function isLoopback(host = ''): boolean {
  return host === '::1' || /^(::ffff:)?127\./.test(host)
}

function formatAddress(host: string | undefined, port: number | undefined): string | undefined {
  if (host === undefined) return undefined
  // An IPv4 peer on a socket of both families.
  const plain = host.replace(/^::ffff:(?=\d+\.)/, '')
  return `${plain.includes(':') ? `[${plain}]` : plain}:${port}`
}
