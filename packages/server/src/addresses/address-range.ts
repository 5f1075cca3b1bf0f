import { BlockList, isIP, isIPv4 } from 'node:net'

/** IP addresses of which some are in it. */
export interface AddressSet {
  /** Takes an address as sockets give it; none is in no set. */
  has(address: string | undefined): boolean
}

/** A block of addresses. */
export interface AddressRange {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** Reads an address with or without `/PREFIX`; bits behind the prefix do not count. Undefined when it is none. */
export function parseRange(text: string): AddressRange | undefined {
  const [, address, digits] = /^([0-9A-Fa-f.:]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? []
  if (address === undefined || isIP(address) === 0) return undefined
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  const most = family === 'ipv4' ? 32 : 128
  const prefix = digits === undefined ? most : Number(digits)
  return prefix <= most ? { address, prefix, family } : undefined
}

/** Reads ranges with commas between them. Undefined when one of them is none. */
export function parseRanges(text: string): AddressRange[] | undefined {
  const ranges = text.split(',').map((range) => parseRange(range.trim()))
  return ranges.every((range) => range !== undefined) ? ranges : undefined
}

export function addressSet(ranges: Iterable<AddressRange>): AddressSet {
  const list = new BlockList()
  for (const { address, prefix, family } of ranges) {
    list.addSubnet(address, prefix, family)
  }
  return {
    has(address) {
      if (address === undefined) return false
      const plain = plainAddress(address)
      return isIP(plain) !== 0 && list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6')
    },
  }
}

/** An IPv4 peer on a socket of both families has the form of IPv6. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

/** The machine itself. */
export const LOOPBACK = addressSet([
  { address: '127.0.0.0', prefix: 8, family: 'ipv4' },
  { address: '::1', prefix: 128, family: 'ipv6' },
])
