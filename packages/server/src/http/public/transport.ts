import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { PUBLIC_PREFIX } from '@gantry/api'
import { type AddressSet, LOOPBACK } from '../../addresses/address-range.js'
import { refusal } from '../../control/refusal.js'
import { clientAddress } from '../client-address.js'

export interface TransportOptions {
  /** Those who are believed when they say how, and for whom, they connect. */
  readonly proxies?: AddressSet
  /** Where clients reach this server; undefined: where the request says it went. */
  readonly publicUrl?: string
  /** Serves plain HTTP to other machines too. */
  readonly plainHttp: boolean
}

/** How a request came in. */
export interface Transport {
  /** Of the client, whatever proxies stand between. */
  readonly address: string | undefined
  /** What links begin with. */
  readonly base: string
}

/** Throws for plain HTTP that has left this machine, unless that is allowed. */
export function checkTransport(request: IncomingMessage, options: TransportOptions): void {
  const isLocal = LOOPBACK.has(request.socket.localAddress)
  if (options.plainHttp || isLocal || isSecure(request, options)) return
  throw refusal('ACCESS_FORBIDDEN')
}

export function transportOf(request: IncomingMessage, options: TransportOptions): Transport {
  return {
    address: clientAddress(request, options.proxies),
    base: `${originOf(request, options)}${PUBLIC_PREFIX}`,
  }
}

function originOf(request: IncomingMessage, options: TransportOptions): string {
  const { publicUrl } = options
  if (publicUrl !== undefined) return publicUrl.replace(/\/$/, '')
  const { localAddress = '127.0.0.1', localPort = 80 } = request.socket
  const host = request.headers.host || `${localAddress}:${localPort}`
  return `${isSecure(request, options) ? 'https' : 'http'}://${host}`
}

function isSecure({ socket, headers }: IncomingMessage, { proxies }: TransportOptions): boolean {
  if ((socket as TLSSocket).encrypted) return true
  if (!proxies?.has(socket.remoteAddress)) return false
  const said = String(headers['x-forwarded-proto'] ?? '').split(',')
  return said.at(-1)?.trim().toLowerCase() === 'https'
}
