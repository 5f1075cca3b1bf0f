import { type Doc, decodeDocument, type Value } from '@gantry/bson'
import type { Deployment } from '../deployment.js'
import type { HostStatistics, RunningMongodb } from '../driver.js'
import { mongodbStatistics, type Numbers } from './statistics.js'

/** A member that takes longer is left out this time, so that it holds up no other. */
const PATIENCE_MS = 5_000

/**
 * Asks every member of a cluster that can be reached, whatever its topology, what it does and
 * has done. Rejects when none answers.
 */
export function clusterStatistics({
  deployment,
  member,
}: Pick<RunningMongodb, 'deployment' | 'member'>): () => Promise<HostStatistics[]> {
  const asking = new Map<string, () => Promise<Numbers>>()

  async function ask(host: string, isOnly: boolean): Promise<HostStatistics> {
    let read = asking.get(host)
    if (!read) {
      // The only one may be known elsewhere by another name than to itself.
      read = mongodbStatistics(isOnly ? deployment : await member(host))
      asking.set(host, read)
    }
    return { host, values: await read() }
  }

  return async () => {
    const hosts = await dataHosts(deployment)
    for (const host of asking.keys()) if (!hosts.includes(host)) asking.delete(host)
    const asked = hosts.map((host) => withinPatience(ask(host, hosts.length === 1), host))
    const answers = await Promise.allSettled(asked)
    const told = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    const refused = answers.find((each) => each.status === 'rejected')
    if (told.length === 0 && refused) throw refused.reason
    return told
  }
}

/** Each member that holds data as `host:port`, by the cluster's own names. */
export async function dataHosts(deployment: Deployment): Promise<string[]> {
  const hello = await reply(deployment, { hello: 1 })
  if (hello.get('msg') === 'isdbgrid') {
    const listed = await reply(deployment, { listShards: 1 })
    const shards = listed.get('shards')
    const texts = Array.isArray(shards) ? shards.map(hostText) : []
    return texts.flatMap((text) => text.slice(text.indexOf('/') + 1).split(','))
  }
  const members = [...texts(hello.get('hosts')), ...texts(hello.get('passives'))]
  if (members.length > 0) return members
  const status = await reply(deployment, { serverStatus: 1, metrics: 0, locks: 0 })
  return [String(status.get('host'))]
}

function hostText(shard: Value): string {
  return shard instanceof Map ? String(shard.get('host')) : ''
}

function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

async function reply(deployment: Deployment, command: Record<string, number>): Promise<Doc> {
  return decodeDocument(await deployment.command('admin', command))
}

async function withinPatience<T>(answer: Promise<T>, host: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${host} does not answer`)), PATIENCE_MS)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
