import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { CommandFailure } from '../command.js'
import type { MongodTls } from './mongod-options.js'

/** What TLS begins with: a handshake. A message of MongoDB's begins with its length, which is no such number. */
const HANDSHAKE = 0x16

/** Hands a socket over that talks TLS, or plainly where the mode lets both in. */
export type Arrival = (socket: Socket, accept: (socket: Socket) => void) => void

/** How sockets arrive at one port with these settings; throws `CommandFailure` for files that are of no use. */
export function tlsArrival(tls: MongodTls): Arrival {
  const server = serverFor(tls)
  let hasListener = false
  return (socket, accept) => {
    if (!hasListener) server.on('secureConnection', accept)
    hasListener = true
    socket.on('error', () => socket.destroy())
    if (tls.mode === 'require') server.emit('connection', socket)
    else whenReadable(socket, () => server.emit('connection', socket), accept)
  }
}

/** Looks at the first byte, and puts it back. */
function whenReadable(socket: Socket, secure: () => void, accept: (socket: Socket) => void): void {
  socket.once('readable', () => {
    const first: Buffer | null = socket.read(1)
    // It has ended without a word.
    if (first === null) return
    socket.unshift(first)
    if (first[0] === HANDSHAKE) secure()
    else accept(socket)
  })
}

function serverFor({ file, password, caFile, needsCertificate }: MongodTls) {
  try {
    const pem = readFileSync(file)
    const options: TlsOptions = {
      key: pem,
      cert: pem,
      ...(password !== undefined && { passphrase: password }),
      ...(caFile !== undefined && { ca: readFileSync(caFile), requestCert: true }),
      rejectUnauthorized: needsCertificate,
    }
    return createServer(options)
  } catch (error) {
    throw new CommandFailure(`TLS: ${(error as Error).message}`)
  }
}
