import { AppError } from '../../errors.js'
import type { RedisNodeStatus, RunningRedis, ServiceDriver } from '../driver.js'
import { parseRedisUri, type RedisUri } from './attached-uri.js'
import { connectRedis, type RedisAddress, type RedisConnection, type Reply } from './connection.js'
import { infoNumber, infoNumbers, infoText, parseInfo } from './info.js'
import { isPrimary } from './replication.js'
import { readSlowLog } from './slow-log.js'

/**
 * A Redis that lives elsewhere: a server, a primary with replicas that Sentinels know, or a
 * cluster. Its users connect to it by its own addresses. Nothing is changed there.
 */
export const attachedRedis: ServiceDriver<RunningRedis> = {
  service: 'redis',
  mode: 'attached',
  ports: [],
  async check({ uri }) {
    const nodes = connectionsTo(uri)
    try {
      await nodes.primary()
    } finally {
      nodes.close()
    }
  },
  async start({ uri }) {
    const nodes = connectionsTo(uri)
    try {
      await nodes.primary()
    } catch (error) {
      nodes.close()
      throw error
    }
    return runningOver(nodes)
  },
}

type Nodes = ReturnType<typeof connectionsTo>

function runningOver(nodes: Nodes): RunningRedis {
  const primaries = async () => (await nodes.all()).filter((node) => node.status.isPrimary)
  const statuses = async () => (await nodes.all()).map(({ status }) => status)
  return {
    async health() {
      await (await nodes.primary()).command(['PING'])
    },
    async stop() {
      nodes.close()
    },
    nodes: statuses,
    async statistics() {
      return (await statuses()).map(({ host, info }) => ({ host, values: infoNumbers(info) }))
    },
    async setting(name) {
      const reply = await (await nodes.primary())
        .command(['CONFIG', 'GET', name])
        .catch(undefinedIfRefused)
      return Array.isArray(reply) && reply.length > 1 ? String(reply[1]) : undefined
    },
    async slowLog(count) {
      const logs = (await primaries()).map(async ({ connection }) =>
        readSlowLog(await connection.command(['SLOWLOG', 'GET', String(count)])),
      )
      const all = (await Promise.all(logs)).flat()
      return all.sort((a, b) => b.atMs - a.atMs).slice(0, count)
    },
    async usedBytes() {
      const used = (await primaries()).map(({ status }) =>
        infoNumber(status.info, 'memory', 'used_memory'),
      )
      return used.reduce((sum, bytes) => sum + bytes, 0)
    },
  }
}

/** Providers often do not let anybody ask for settings. */
function undefinedIfRefused(error: unknown): undefined {
  if (error instanceof AppError && error.kind === 'database') return
  throw error
}

/** One connection to each server, made when it is needed, and found anew each time. */
function connectionsTo(text: string | undefined) {
  if (text === undefined) throw new AppError('invalid', 'an attached Redis needs its URI')
  const uri = parseRedisUri(text)
  const open = new Map<string, Promise<RedisConnection>>()

  async function connection(address: RedisAddress): Promise<RedisConnection> {
    const key = `${address.host}:${address.port}`
    const known = await open.get(key)?.catch(() => undefined)
    if (known?.isOpen()) return known
    const made = connectRedis(address, uri.login)
    open.set(key, made)
    return made
  }

  /** Of the first that can be asked. */
  async function first<T>(ask: (address: RedisAddress) => Promise<T>): Promise<T> {
    let failure: unknown
    for (const address of uri.addresses) {
      try {
        return await ask(address)
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  async function addresses(): Promise<RedisAddress[]> {
    if (uri.sentinelOf !== undefined) return first((address) => knownToSentinel(uri, address))
    return first(async (address) => {
      const asked = await connection(address)
      const info = parseInfo(String(await asked.command(['INFO'])))
      if (infoText(info, 'server', 'redis_mode') !== 'cluster') return [address]
      return clusterNodes(await asked.command(['CLUSTER', 'SLOTS']), address.host)
    })
  }

  async function statusOf(address: RedisAddress) {
    const asked = await connection(address)
    const info = parseInfo(String(await asked.command(['INFO', 'everything'])))
    const host = `${address.host}:${address.port}`
    const status: RedisNodeStatus = { host, isPrimary: isPrimary(info), info }
    return { connection: asked, status }
  }

  async function all() {
    const results = await Promise.allSettled((await addresses()).map(statusOf))
    const nodes = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const failed = results.find((result) => result.status === 'rejected')
    if (nodes.length === 0 && failed) throw failed.reason
    return nodes
  }

  return {
    all,
    async primary(): Promise<RedisConnection> {
      const found = (await all()).find(({ status }) => status.isPrimary)
      if (found) return found.connection
      throw new AppError('unavailable', 'the attached Redis has no primary that answers')
    },
    close() {
      for (const made of open.values()) made.then((one) => one.close()).catch(() => {})
      open.clear()
    },
  }
}

/** The primary and its replicas, as a Sentinel knows them. Sentinels are asked without a login. */
async function knownToSentinel(
  { sentinelOf = '', login: { tls } }: RedisUri,
  address: RedisAddress,
): Promise<RedisAddress[]> {
  const sentinel = await connectRedis(address, tls ? { tls } : {})
  try {
    const primary = await sentinel.command(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', sentinelOf])
    if (!Array.isArray(primary)) {
      throw new AppError('invalid', `the Sentinels know no primary called "${sentinelOf}"`)
    }
    const replicas = await sentinel.command(['SENTINEL', 'REPLICAS', sentinelOf])
    const told = Array.isArray(replicas) ? replicas.map(fieldsOf) : []
    const online = told.filter((fields) => !/down|disconnected/.test(fields.get('flags') ?? ''))
    return [
      { host: String(primary[0]), port: Number(primary[1]) },
      ...online.map((fields) => ({
        host: fields.get('ip') ?? '',
        port: Number(fields.get('port')),
      })),
    ]
  } finally {
    sentinel.close()
  }
}

/** Names and values in turn. */
function fieldsOf(reply: Reply): Map<string, string> {
  const words = Array.isArray(reply) ? reply.map(String) : []
  const fields = new Map<string, string>()
  for (let at = 0; at + 1 < words.length; at += 2) fields.set(words[at], words[at + 1])
  return fields
}

/** Each server of `CLUSTER SLOTS` once; one without a host is where the question was put. */
function clusterNodes(reply: Reply, asked: string): RedisAddress[] {
  const found = new Map<string, RedisAddress>()
  for (const range of Array.isArray(reply) ? (reply as readonly Reply[]) : []) {
    for (const node of Array.isArray(range) ? range.slice(2) : []) {
      if (!Array.isArray(node)) continue
      const host = node[0] === null || node[0] === '' ? asked : String(node[0])
      found.set(`${host}:${node[1]}`, { host, port: Number(node[1]) })
    }
  }
  return [...found.values()]
}
