import { BlockList, isIP } from 'node:net'
import type { Doc, Value } from '@gantry/bson'
import { CommandError } from '../errors.js'

/** From where and to where a user may connect; both lists hold addresses or CIDR ranges. */
export interface Restriction {
  readonly clientSource?: readonly string[]
  readonly serverAddress?: readonly string[]
}

/** Where a connection comes from and at which address it arrived; undefined within the process. */
export interface Endpoints {
  readonly client: string | undefined
  readonly server: string | undefined
}

/** Reads `authenticationRestrictions`; throws MongoDB's errors about what is wrong with it. */
export function readRestrictions(value: readonly Value[]): Restriction[] {
  return value.map((entry) => {
    if (!(entry instanceof Map)) {
      throw new CommandError('BadValue', 'authenticationRestrictions must contain objects')
    }
    for (const name of entry.keys()) {
      if (name !== 'clientSource' && name !== 'serverAddress') {
        throw new CommandError('BadValue', `Unrecognized authenticationRestriction field: ${name}`)
      }
    }
    return {
      ...readRanges(entry, 'clientSource'),
      ...readRanges(entry, 'serverAddress'),
    }
  })
}

function readRanges(entry: Doc, name: keyof Restriction): Restriction {
  const ranges = entry.get(name)
  if (ranges === undefined) return {}
  if (!Array.isArray(ranges)) {
    throw new CommandError('BadValue', `'${name}' in authenticationRestrictions must be an array`)
  }
  const list: string[] = []
  for (const range of ranges) {
    if (typeof range !== 'string' || !parseRange(range)) {
      throw new CommandError(
        'BadValue',
        `Invalid CIDR range in authenticationRestrictions: ${range}`,
      )
    }
    list.push(range)
  }
  return { [name]: list }
}

interface AddressRange {
  readonly address: string
  readonly family: 'ipv4' | 'ipv6'
  readonly prefix: number
}

function parseRange(text: string): AddressRange | undefined {
  const [address, length, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return undefined
  const longest = version === 4 ? 32 : 128
  const prefix = length === undefined ? longest : /^\d{1,3}$/.test(length) ? Number(length) : -1
  if (prefix < 0 || prefix > longest) return undefined
  return { address, family: version === 4 ? 'ipv4' : 'ipv6', prefix }
}

/**
 * Says whether a connection meets the restrictions of a user and of each of its roles: of
 * every document at least one restriction must hold in full. What came over no socket meets none.
 */
export function meetsRestrictions(
  documents: Iterable<readonly Restriction[]>,
  { client, server }: Endpoints,
): boolean {
  for (const restrictions of documents) {
    if (restrictions.length === 0) continue
    const met = restrictions.some(
      ({ clientSource, serverAddress }) =>
        isWithin(client, clientSource) && isWithin(server, serverAddress),
    )
    if (!met) return false
  }
  return true
}

function isWithin(address: string | undefined, ranges: readonly string[] | undefined): boolean {
  if (!ranges) return true
  const host = address?.replace(/^::ffff:(?=\d+\.)/, '') ?? ''
  const version = isIP(host)
  if (version === 0) return false
  const list = new BlockList()
  for (const text of ranges) {
    const range = parseRange(text)
    if (range) list.addSubnet(range.address, range.prefix, range.family)
  }
  return list.check(host, version === 4 ? 'ipv4' : 'ipv6')
}
