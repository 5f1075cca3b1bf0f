import { hostname, networkInterfaces } from 'node:os'

const FRESH_MS = 5_000

let names: ReadonlySet<string> = new Set()
let readMs = Number.NEGATIVE_INFINITY

/** Whether a host name, or an IP address, is one of this machine. */
export function isThisMachine(name: string): boolean {
  const at = performance.now()
  if (at - readMs >= FRESH_MS) {
    readMs = at
    names = ownNames()
  }
  return names.has(name.toLowerCase())
}

function ownNames(): Set<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
  return new Set([
    'localhost',
    hostname().toLowerCase(),
    ...addresses.map(({ address }) => address),
  ])
}
