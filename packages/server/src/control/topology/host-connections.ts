import { AppError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import { openRemote } from '../../services/mongodb/remote.js'

/** How a host is reached. */
export interface Reach {
  /** A MongoDB URI, which may hold a password. */
  readonly uri: string
  /** The same for one who is nobody, while the user of the other one is not known there yet. */
  readonly anonymousUri?: string
}

/** Connections to hosts that are no instance's, kept while they are asked for. */
export interface HostConnections {
  /** A connection to the host with an id; made anew when it is to be reached otherwise. */
  open(id: string, reach: Reach): Promise<Deployment>
  /** Lets go of the connection to a host. */
  drop(id: string): Promise<void>
  /** Lets go of all; from then on there are none. */
  close(): Promise<void>
}

interface Connection {
  readonly uri: string
  readonly opened: Promise<Deployment>
  /** When to try again with a user; undefined: it has one, or needs none. */
  againMs?: number
}

const AGAIN_MS = 15_000

export function hostConnections(now: () => number = Date.now): HostConnections {
  const connections = new Map<string, Connection>()
  let isClosed = false

  async function drop(id: string): Promise<void> {
    const known = connections.get(id)
    connections.delete(id)
    await (await known?.opened.catch(() => undefined))?.close()
  }

  async function connect(connection: { againMs?: number }, reach: Reach): Promise<Deployment> {
    const { uri, anonymousUri } = reach
    try {
      return await openRemote(uri)
    } catch (error) {
      if (anonymousUri === undefined || !isRefusedLogin(error)) throw error
      connection.againMs = now() + AGAIN_MS
      return openRemote(anonymousUri)
    }
  }

  function isGood({ uri, againMs }: Connection, reach: Reach): boolean {
    return uri === reach.uri && (againMs === undefined || now() < againMs)
  }

  return {
    open(id, reach) {
      if (isClosed)
        return Promise.reject(new AppError('unavailable', 'the server is shutting down'))
      const known = connections.get(id)
      if (known && isGood(known, reach)) return known.opened
      if (known) void drop(id).catch(() => {})
      const made: { againMs?: number } = {}
      const connection = Object.assign(made, { uri: reach.uri, opened: connect(made, reach) })
      connections.set(id, connection)
      connection.opened.catch(() => {
        if (connections.get(id) === connection) connections.delete(id)
      })
      return connection.opened
    },
    drop,
    async close() {
      isClosed = true
      await Promise.all([...connections.keys()].map(drop))
    },
  }
}

function isRefusedLogin(error: unknown): boolean {
  return error instanceof AppError && error.message.startsWith('MongoDB does not let us in')
}
