import { connect, type Socket } from 'node:net'
import type { Address } from '../binding.js'
import type { DriverConnection } from './driver.js'

/**
 * Passes everything between a user's socket and a server process, in both directions: with
 * back-pressure, and with the end of one side's sending told to the other. An error of either
 * closes both. `end` lets what is under way arrive: the server is told that no more comes,
 * and the connection closes when it has answered.
 */
export function pipeTo(socket: Socket, upstream: Address): DriverConnection {
  const server = connect({ ...upstream, noDelay: true, keepAlive: true, allowHalfOpen: true })
  // What there is to say about a failure, the other side learns as a closed connection.
  socket.on('error', () => {})
  server.on('error', () => {})
  // The user's side may have been made without half-open; its end is passed on by `pipe`.
  socket.allowHalfOpen = true
  socket.pipe(server)
  server.pipe(socket)
  socket.once('close', () => server.destroy())
  server.once('close', (hadError) => {
    if (hadError) socket.destroy()
    else socket.destroySoon()
  })
  const closed = Promise.all([closing(socket), closing(server)]).then(() => {})
  return {
    end() {
      socket.unpipe(server)
      socket.pause()
      server.end()
    },
    destroy() {
      socket.destroy()
      server.destroy()
    },
    closed,
  }
}

function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}
