import type { AlertConfig } from '../alert-configs/alert-config.js'
import type { Cluster, Host } from '../topology/host.js'
import { type Candidate, clusterDescribed, type Happening, hostPortOf } from './candidates.js'
import { isDown } from './host-conditions.js'
import type { Scene } from './scene.js'
import type { Sighting } from './sightings.js'

const HOUR_MS = 3_600_000
const HEALTHY: readonly (string | undefined)[] = ['PRIMARY', 'SECONDARY', 'ARBITER']

/** Replica sets, those of shards and configuration servers among them. */
async function replicaSets(scene: Scene): Promise<readonly Cluster[]> {
  const clusters = await scene.clusters()
  const isAlone = ({ facts }: Host) => facts?.role === 'STANDALONE'
  return clusters.filter(
    ({ kind, hosts }) => kind !== 'SHARDED_REPLICA_SET' && !hosts.some(isAlone),
  )
}

async function setsThat(
  scene: Scene,
  test: (set: Cluster) => Pick<Candidate, 'is' | 'value'>,
): Promise<Candidate[]> {
  const clusters = await scene.clusters()
  const sets = await replicaSets(scene)
  return sets.map((set) => ({
    ...clusterDescribed(set, clusters),
    // It may turn out to be none.
    ...(set.replicaSetName === undefined ? { is: 'unknown' } : test(set)),
  }))
}

/** Whether all members have been asked, whatever came of it. */
function isKnown({ hosts }: Cluster): boolean {
  return hosts.every((host) => host.facts !== undefined || isDown(host))
}

export function setsWithoutPrimary(scene: Scene): Promise<Candidate[]> {
  return setsThat(scene, (set) => {
    if (set.hosts.some((host) => !isDown(host) && seesPrimary(host, set))) return { is: 'false' }
    return { is: isKnown(set) ? 'true' : 'unknown' }
  })
}

/** A member knows of a primary: itself, or one that is none of our hosts and so cannot be asked. */
function seesPrimary({ facts }: Host, { hosts }: Cluster): boolean {
  if (facts?.role === 'PRIMARY') return true
  const { primary } = facts ?? {}
  return primary !== undefined && !hosts.some((host) => hostPortOf(host) === primary)
}

/** Sets whose healthy, or unhealthy, members are fewer or more than a configuration wants. */
export function setsByMembers(
  scene: Scene,
  { threshold }: AlertConfig,
  counted: 'healthy' | 'unhealthy',
): Promise<Candidate[]> {
  return setsThat(scene, (set) => {
    if (!isKnown(set)) return { is: 'unknown' }
    const healthy = set.hosts.filter((host) => !isDown(host) && isHealthy(host)).length
    const number = counted === 'healthy' ? healthy : set.hosts.length - healthy
    const most = threshold?.threshold ?? 0
    const isTrue = counted === 'healthy' ? number < most : number > most
    return { is: isTrue ? 'true' : 'false', value: { number, units: 'RAW' } }
  })
}

function isHealthy({ facts }: Host): boolean {
  return HEALTHY.includes(facts?.role)
}

/** Sets that have had more elections within an hour than a configuration wants. */
export async function setsElectingOften(
  scene: Scene,
  { threshold }: AlertConfig,
): Promise<Candidate[]> {
  const seen = await elections(scene)
  return setsThat(scene, ({ id }) => {
    const number = seen.get(id)?.changesMs.length
    if (number === undefined) return { is: 'unknown' }
    const isTrue = number > (threshold?.threshold ?? 0)
    return { is: isTrue ? 'true' : 'false', value: { number, units: 'RAW' } }
  })
}

/** Sets that have another primary than before, or the same one anew. */
export async function setsThatElected(scene: Scene): Promise<Happening[]> {
  const seen = await elections(scene)
  const clusters = await scene.clusters()
  return (await replicaSets(scene)).flatMap((set) => {
    const { seen: primary, changesMs } = seen.get(set.id) ?? {}
    const atMs = changesMs?.at(-1)
    if (atMs === undefined) return []
    const once = `election of ${set.id}: ${primary}`
    return [{ ...clusterDescribed(set, clusters), once, atMs }]
  })
}

const looked = new WeakMap<Scene, Promise<Map<string, Sighting>>>()

/** Who is primary of each set, and when that has changed within the last hour. */
function elections(scene: Scene): Promise<Map<string, Sighting>> {
  const known = looked.get(scene) ?? lookForElections(scene)
  looked.set(scene, known)
  return known
}

async function lookForElections(scene: Scene): Promise<Map<string, Sighting>> {
  const { nowMs, project, sources } = scene
  const found = new Map<string, Sighting>()
  for (const set of await replicaSets(scene)) {
    const id = `primary of ${set.id}`
    const before = await sources.sightings.get(id)
    const recent = before?.changesMs.filter((ms) => ms > nowMs - HOUR_MS) ?? []
    const now = primaryOf(set)
    const seen = now ?? before?.seen
    if (seen === undefined) continue
    const isAnother = before !== undefined && seen !== before.seen
    const changesMs = isAnother ? [...recent, nowMs] : recent
    const sighting = { id, project: project.id, seen, changesMs }
    found.set(set.id, sighting)
    if (!before || isAnother) scene.later(() => sources.sightings.save(sighting))
  }
  return found
}

/** The primary and the election that made it; undefined while there is none. */
function primaryOf({ hosts }: Cluster): string | undefined {
  const primary = hosts.find((host) => !isDown(host) && host.facts?.role === 'PRIMARY')
  return primary && `${primary.id} ${primary.facts?.electionId ?? ''}`
}

/** Sharded clusters of whose routers none answers. */
export async function clustersWithoutRouter(scene: Scene): Promise<Candidate[]> {
  const clusters = await scene.clusters()
  return clusters
    .filter(({ kind }) => kind === 'SHARDED_REPLICA_SET')
    .map((cluster) => ({
      ...clusterDescribed(cluster, clusters),
      is: cluster.hosts.some((host) => !isDown(host) && host.facts)
        ? 'false'
        : isKnown(cluster)
          ? 'true'
          : 'unknown',
    }))
}
