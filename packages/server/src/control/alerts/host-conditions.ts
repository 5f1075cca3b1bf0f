import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import { isPublicAddress } from '../notifications/public-addresses.js'
import type { Host } from '../topology/host.js'
import { type Candidate, type Happening, hostDescribed } from './candidates.js'
import type { Scene } from './scene.js'

type Is = Candidate['is']

/** A process that has said nothing for so long, and has not failed either, hangs. */
const SILENT_MS = 60_000
/** So much younger is a process only when it is another one. */
const RESTART_MS = 5_000

/** Hosts, of which something is true, or not, or not known. */
async function hostsThat(
  scene: Scene,
  test: (host: Host, all: readonly Host[]) => Is | Promise<Is>,
): Promise<Candidate[]> {
  const [hosts, all, clusters] = await Promise.all([
    scene.alertingHosts(),
    scene.hosts(),
    scene.clusters(),
  ])
  return Promise.all(
    hosts.map(async (host) => ({ ...hostDescribed(host, clusters), is: await test(host, all) })),
  )
}

/** Whether a process does not answer. What was never tried is not known. */
export function isDown({ isDown: hasFailed, facts }: Host): boolean {
  return hasFailed || (facts !== undefined && Date.now() - facts.atMs > SILENT_MS)
}

function asIs(truth: boolean): Is {
  return truth ? 'true' : 'false'
}

export function hostsDown(scene: Scene): Promise<Candidate[]> {
  return hostsThat(scene, (host) => {
    if (isDown(host)) return 'true'
    return host.facts ? 'false' : 'unknown'
  })
}

export function hostsRecovering(scene: Scene): Promise<Candidate[]> {
  return hostsThat(scene, (host) => {
    if (!host.facts || isDown(host)) return 'unknown'
    return asIs(host.facts.stateName === 'RECOVERING')
  })
}

/** A host is behind when another one of the project runs a newer version of the same series. */
export function hostsBehind(scene: Scene): Promise<Candidate[]> {
  return hostsThat(scene, ({ facts }, all) => {
    const own = facts && seriesOf(facts.version)
    if (!own) return 'unknown'
    const others = all.flatMap((other) => (other.facts && seriesOf(other.facts.version)) ?? [])
    return asIs(others.some(({ series, patch }) => series === own.series && patch > own.patch))
  })
}

/** `8.0.12` -> `8.0` and 12; what comes before a release is none. */
function seriesOf(version: string): { series: string; patch: number } | undefined {
  const [, series, patch] = /^(\d+\.\d+)\.(\d+)$/.exec(version) ?? []
  return series === undefined ? undefined : { series, patch: Number(patch) }
}

/** A host is exposed when it answers at an address that anybody can reach. */
export function hostsExposed(scene: Scene): Promise<Candidate[]> {
  return hostsThat(scene, async (host) => {
    if (!host.facts || isDown(host)) return 'unknown'
    const addresses = await addressesOf(host.hostname)
    return addresses === undefined ? 'unknown' : asIs(addresses.some(isPublicAddress))
  })
}

const LOOKUP_MS = 600_000
const MOST_LOOKUPS = 1000
const lookups = new Map<string, { atMs: number; found: Promise<string[] | undefined> }>()

/** The addresses of a name, as of some minutes ago; of what listens everywhere those of this machine. */
function addressesOf(hostname: string): Promise<string[] | undefined> {
  const known = lookups.get(hostname)
  if (known && Date.now() - known.atMs < LOOKUP_MS) return known.found
  const found =
    hostname === '0.0.0.0' || hostname === '::'
      ? Promise.resolve(
          Object.values(networkInterfaces()).flatMap((all) => all?.map(addressOf) ?? []),
        )
      : lookup(hostname, { all: true }).then(
          (all) => all.map(addressOf),
          () => undefined,
        )
  // The oldest one goes for it.
  lookups.delete(hostname)
  lookups.set(hostname, { atMs: Date.now(), found })
  if (lookups.size > MOST_LOOKUPS) lookups.delete(lookups.keys().next().value as string)
  return found
}

function addressOf({ address }: { readonly address: string }): string {
  return address
}

/** Hosts whose process is another one than when they were looked at before. */
export async function hostsRestarted(scene: Scene): Promise<Happening[]> {
  const { sightings } = scene.sources
  const clusters = await scene.clusters()
  const found: Happening[] = []
  for (const host of await scene.alertingHosts()) {
    if (!host.facts || isDown(host)) continue
    const startedMs = host.facts.atMs - host.facts.uptimeMs
    const id = `start of ${host.id}`
    const before = await sightings.get(id)
    if (before && startedMs - Number(before.seen) < RESTART_MS) continue
    const described = hostDescribed(host, clusters)
    if (before)
      found.push({
        ...described,
        once: `${id} at ${Math.round(startedMs / RESTART_MS)}`,
        atMs: startedMs,
      })
    const project = scene.project.id
    scene.later(() => sightings.save({ id, project, seen: String(startedMs), changesMs: [] }))
  }
  return found
}
