/**
 * The HTTP front of a cluster: what arrives at the instance's port is passed on to one of the
 * nodes, bodies streaming both ways. Where the cluster knows users itself their credentials
 * pass through; where it does not, the front asks for them, and lets who may only read do so.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { DriverConnection } from '../driver.js'
import type { OwnUsers } from './own-users.js'
import { createPassage, type NodeOptions } from './passage.js'
import { isReading } from './read-only.js'
import { type Refusal, refuse } from './refusal.js'

export interface FrontOptions extends NodeOptions {
  /** Who may come in, where the cluster does not ask for itself. */
  readonly users?: Pick<OwnUsers, 'roleOf'>
}

export interface Front {
  /** Serves a client on a socket, plain or TLS, until either side closes it. */
  accept(socket: Socket): DriverConnection
  /** Ends the connections to the nodes. */
  close(): void
}

/** Makes the front without connecting to anything. */
export function openFront({ users, ...nodes }: FrontOptions): Front {
  const passage = createPassage(nodes)
  /** Requests under way by the socket that they came on. */
  const busy = new Map<Socket, ServerResponse>()
  const ending = new Set<Socket>()

  const server = createServer((request, response) => {
    const { socket } = request
    busy.set(socket, response)
    if (ending.has(socket)) response.shouldKeepAlive = false
    response.once('close', () => {
      busy.delete(socket)
      if (ending.has(socket)) socket.destroySoon()
    })
    serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = users && (await refusalBy(users, request))
    if (refused) refuse(request, response, refused)
    else await passage.passOn(request, response)
  }

  return {
    accept(socket) {
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      void closed.then(() => ending.delete(socket))
      server.emit('connection', socket)
      return {
        end() {
          ending.add(socket)
          const response = busy.get(socket)
          if (!response) socket.destroySoon()
          else if (!response.headersSent) response.shouldKeepAlive = false
        },
        destroy: () => void socket.destroy(),
        closed,
      }
    },
    close: () => passage.close(),
  }
}

async function refusalBy(
  users: Pick<OwnUsers, 'roleOf'>,
  { headers, method = '', url = '' }: IncomingMessage,
): Promise<Refusal | undefined> {
  const type = 'security_exception'
  const role = await users.roleOf(headers.authorization)
  if (!role) return { status: 401, type, reason: 'user and password of this instance are needed' }
  if (role === 'admin' || isReading(method, url)) return undefined
  return { status: 403, type, reason: `a user of the role readonly may not ${method} this` }
}
