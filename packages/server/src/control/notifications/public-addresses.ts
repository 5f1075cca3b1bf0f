import { addressSet, networkOf, parseRange, plainAddress } from '../../addresses/address-range.js'

/** Those of machines, of their surroundings, and those with another use than to be reached. */
const special = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  // Both hold addresses of IPv4, which a gateway would go on to.
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

const specialSet = addressSet(special.flatMap((text) => parseRange(text) ?? []))

/** Whether an address is one of the Internet at large. */
export function isPublicAddress(address: string): boolean {
  const range = parseRange(address.replace(/%.*$/, ''))
  if (!range) return false
  // Whatever way it is written: IPv4 in the form of IPv6 is IPv4.
  return !specialSet.has(plainAddress(networkOf(range).address))
}
