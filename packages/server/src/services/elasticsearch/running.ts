import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningElasticsearch, RunningService, ServicePort, ServiceSpec } from '../driver.js'
import { readingsOf } from './cluster.js'
import { connectElasticsearch, type ElasticsearchClient, type JsonObject } from './connect.js'
import { openFront } from './front.js'
import { openOwnUsers } from './own-users.js'
import { usersBySecurity } from './security-api.js'
import { statisticsOf } from './statistics.js'
import type { ElasticsearchAddress } from './uri.js'
import type { ElasticsearchUsers } from './user.js'

/** HTTP and HTTPS, as users of every cluster have them. */
export const HTTP_PORTS: readonly ServicePort[] = [
  { name: 'http', offset: 0, tls: false },
  { name: 'https', offset: 10_000, tls: true },
]

/** What attached and managed clusters have in common. */
export interface Connected {
  readonly client: ElasticsearchClient
  readonly service: RunningElasticsearch & Required<Pick<RunningService, 'accept'>>
}

export interface ConnectOptions {
  readonly address: ElasticsearchAddress
  /** Holds the users when the cluster keeps none. */
  readonly folder: string
  /** Has all rights at the instance's port, unless the cluster keeps its users itself. */
  readonly user: Pick<ServiceSpec, 'user' | 'password'>
  /** Base URLs of the nodes as they are now; those of the address when not given. */
  readonly nodes?: () => readonly string[]
}

/** Connects to a cluster, and sees whether it keeps users. Rejects when it does not answer. */
export async function connectCluster(options: ConnectOptions): Promise<Connected> {
  const client = await connectElasticsearch(options.address)
  try {
    return { client, service: await serviceOf(client, options) }
  } catch (error) {
    await client.close()
    throw error
  }
}

async function serviceOf(
  client: ElasticsearchClient,
  { address, folder, user, nodes = () => address.nodes }: ConnectOptions,
): Promise<Connected['service']> {
  const { dataNodes, ...readings } = readingsOf(client)
  const bySecurity = await usersBySecurity(client)
  const own = bySecurity ? undefined : await openUsersIn(folder, user)
  const ca = address.caFile === undefined ? undefined : await readFile(address.caFile, 'utf8')
  const authorization = own && authorizationOf(address)
  const front = openFront({ nodes, ca, users: own, authorization })
  return {
    ...readings,
    dataNodes: async () => ({ active: await dataNodes(), builds: [] }),
    users: bySecurity ?? (own as ElasticsearchUsers),
    accept: (socket) => front.accept(socket),
    statistics: async () => statisticsOf(await readings.nodesStats()),
    usedBytes: async () => storeBytesOf(await readings.clusterStats()),
    health: async () => void (await client.request('GET', '/_cluster/health')),
    async stop() {
      front.close()
      await client.close()
    },
  }
}

async function openUsersIn(folder: string, { user, password }: ConnectOptions['user']) {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own = await openOwnUsers(join(folder, 'users.json'))
  const isThere = (await own.list()).some(({ username }) => username === user)
  if (!isThere) await own.save({ username: user, role: 'admin' }, password)
  return own
}

/** What we say to the nodes in the name of users whom they do not know. */
function authorizationOf({ username, password = '', apiKey }: ElasticsearchAddress) {
  if (apiKey !== undefined) return `ApiKey ${apiKey}`
  if (username === undefined) return undefined
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function storeBytesOf({ indices }: JsonObject): number {
  const { store } = (indices ?? {}) as { store?: { size_in_bytes?: number } }
  return store?.size_in_bytes ?? 0
}
