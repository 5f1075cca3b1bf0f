import { type Doc, Double, decodeDocument, type Value } from '@gantry/bson'
import type { Deployment } from '../deployment.js'
import type { HostLog, RunningMongodb } from '../driver.js'
import { dataHosts } from './cluster-statistics.js'

/**
 * The latest lines that each process of a cluster keeps in memory, as far as it can be asked:
 * the one that leads into it first, then those that hold data. Rejects when none answers.
 */
export async function clusterLogs(
  { deployment, member }: Pick<RunningMongodb, 'deployment' | 'member'>,
  count: number,
): Promise<HostLog[]> {
  const hello = await ask(deployment, { hello: 1 })
  const hosts = await dataHosts(deployment)
  const isRouter = hello.get('msg') === 'isdbgrid'
  // The only one may be known elsewhere by another name than to itself.
  const asked = isRouter || hosts.length > 1 ? hosts.map(async (host) => member(host)) : []
  const all = isRouter || hosts.length === 1 ? [Promise.resolve(deployment), ...asked] : asked
  const answers = await Promise.allSettled(all.map(async (one) => logOf(await one, count)))
  const told = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const refused = answers.find((each) => each.status === 'rejected')
  if (told.length === 0 && refused) throw refused.reason
  return told
}

async function logOf(deployment: Deployment, count: number): Promise<HostLog> {
  const log = (await ask(deployment, { getLog: 'global' })).get('log')
  const status = await ask(deployment, ONLY_HEAD)
  const lines = Array.isArray(log) ? log.map(String) : []
  return {
    host: String(status.get('host')),
    process: String(status.get('process')),
    pid: numberOf(status.get('pid')),
    lines: count === 0 ? [] : lines.slice(-count),
  }
}

/** Without the sections of `serverStatus` that take work. */
const ONLY_HEAD = { serverStatus: 1, metrics: 0, locks: 0, repl: 0, catalogStats: 0 }

function numberOf(value: Value | undefined): number {
  return Number(value instanceof Double ? value.value : (value ?? 0))
}

async function ask(deployment: Deployment, command: Record<string, number | string>): Promise<Doc> {
  return decodeDocument(await deployment.command('admin', command))
}
