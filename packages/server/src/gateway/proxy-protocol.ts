import type { Socket } from 'node:net'
import type { Peer } from '../services/driver.js'

/** What stands in front of the bytes of a connection that a proxy passes on (PROXY protocol, version 2). */
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const HEAD_BYTES = 16
/** Room for additions that are skipped. */
const MOST_BYTES = 4096

const LOCAL = 0x20
const PROXY = 0x21
const TCP4 = 0x11
const TCP6 = 0x21

/** What a header says: who connects, or that it is the proxy itself. */
type Header = { readonly size: number; readonly peer: Peer | undefined }

/**
 * Reads the header off the front of a socket that nobody has read from, and leaves the rest
 * to whoever reads next. Resolves with undefined when there is none, or when it says that the
 * proxy connects for itself; rejects when it is malformed or the socket closes before its end.
 */
export function readProxyHeader(socket: Socket): Promise<Peer | undefined> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0)
    const settle = (act: () => void) => {
      socket.off('readable', onReadable)
      socket.off('close', onClose)
      act()
    }
    const onClose = () => settle(() => reject(new Error('closed within the proxy header')))
    const onReadable = () => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      bytes = Buffer.concat([bytes, chunk])
      try {
        const header = parse(bytes)
        if (header === 'incomplete') return
        settle(() => {
          if (header.size < bytes.length) socket.unshift(bytes.subarray(header.size))
          resolve(header.peer)
        })
      } catch (error) {
        settle(() => reject(error as Error))
      }
    }
    socket.on('readable', onReadable)
    socket.once('close', onClose)
  })
}

function parse(bytes: Buffer): Header | 'incomplete' {
  const seen = Math.min(bytes.length, SIGNATURE.length)
  // No message of a driver begins like this, and no TLS handshake.
  if (SIGNATURE.compare(bytes, 0, seen, 0, seen) !== 0) return { size: 0, peer: undefined }
  if (bytes.length < HEAD_BYTES) return 'incomplete'
  const command = bytes[12]
  const size = HEAD_BYTES + bytes.readUInt16BE(14)
  if ((command !== LOCAL && command !== PROXY) || size > MOST_BYTES) throw malformed()
  if (bytes.length < size) return 'incomplete'
  return { size, peer: command === PROXY ? readPeer(bytes.subarray(0, size)) : undefined }
}

function readPeer(header: Buffer): Peer | undefined {
  const addresses = header.subarray(HEAD_BYTES)
  switch (header[13]) {
    case TCP4:
      if (addresses.length < 12) throw malformed()
      return { host: addresses.subarray(0, 4).join('.'), port: addresses.readUInt16BE(8) }
    case TCP6:
      if (addresses.length < 36) throw malformed()
      return { host: groups(addresses.subarray(0, 16)), port: addresses.readUInt16BE(32) }
    default:
      return undefined
  }
}

function groups(address: Buffer): string {
  const mapped = address.subarray(0, 12).equals(MAPPED)
  if (mapped) return address.subarray(12).join('.')
  return Array.from({ length: 8 }, (_, i) => address.readUInt16BE(2 * i).toString(16)).join(':')
}

/** In front of an IPv4 address that is written as one of IPv6. */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

function malformed(): Error {
  return new Error('malformed proxy header')
}
