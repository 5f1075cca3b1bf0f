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

/**
 * The same range in one form whatever was given: bits behind the prefix are zero, IPv4 in the
 * form of IPv6 is IPv4, IPv6 is as short as can be.
 */
export function networkOf({ address, prefix, family }: AddressRange): AddressRange {
  const plain = plainAddress(address)
  if (family === 'ipv6' && isIPv4(plain)) {
    return networkOf({ address: plain, prefix: Math.max(0, prefix - 96), family: 'ipv4' })
  }
  if (family === 'ipv4') {
    const bits = plain.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
    const size = 2 ** (32 - prefix)
    const network = Math.floor(bits / size) * size
    const parts = [24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256)
    return { address: parts.join('.'), prefix, family }
  }
  const [head, tail = ''] = plain.split('::')
  const left = groupsOf(head)
  const right = groupsOf(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0)
  const groups = [...left, ...zeros, ...right].map((group, i) => {
    const kept = Math.min(16, Math.max(0, prefix - i * 16))
    return group & (0xffff << (16 - kept)) & 0xffff
  })
  // A URL's host is written in the short form of IPv6.
  const text = groups.map((group) => group.toString(16)).join(':')
  return { address: new URL(`http://[${text}]`).hostname.slice(1, -1), prefix, family }
}

/** The 16-bit groups of one side of `::`; the last may be written as IPv4. */
function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a, b, c, d] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
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
