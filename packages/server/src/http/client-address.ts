import type { IncomingMessage } from 'node:http'
import type { AddressSet } from '../addresses/address-range.js'

/** For whom a request is: its peer or, when that is a trusted proxy, whom it names. */
export function clientAddress(
  { socket, headers }: IncomingMessage,
  proxies: AddressSet | undefined,
): string | undefined {
  const forwarded = String(headers['x-forwarded-for'] ?? '').split(',')
  let address = socket.remoteAddress
  while (proxies?.has(address)) {
    const named = forwarded.pop()?.trim()
    if (!named) break
    address = named
  }
  return address
}
