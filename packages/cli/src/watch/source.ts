import {
  type AccountClient,
  ApiError,
  type Client,
  type JsonDocument,
  type OperationReply,
} from '@gantry/client'
import type { AccountTarget } from '../account-target.js'
import { accountClientOf } from '../account-target.js'
import { clientOf, type Target } from '../target.js'
import type { HostsSample } from './hosts.js'
import type { HostsService } from './measures.js'

/** An instance that is looked at again and again, whichever API tells of it. */
export type Source = MongodbSource | HostsSource

export interface MongodbSource {
  readonly service: 'mongodb'
  /** As `/serverStatus` of API v1 answers it. */
  status(signal?: AbortSignal): Promise<JsonDocument>
  /** Those under way; undefined from a server that does not tell them. */
  operations(signal?: AbortSignal): Promise<readonly OperationReply[] | undefined>
  close(): void
}

/** An instance of a service whose hosts tell numbers. */
export interface HostsSource {
  readonly service: HostsService
  sample(signal?: AbortSignal): Promise<HostsSample>
  close(): void
}

/** Over API v1, with the key of the instance. */
export function sourceWithKey(target: Target, timeoutMs: number): MongodbSource {
  const client = clientOf(target, timeoutMs)
  return {
    service: 'mongodb',
    status: (signal) => client.getServerStatus({}, { signal }),
    operations: (signal) => fetchOperations(client, signal),
    close: () => client.close(),
  }
}

/**
 * Over API v2, with the token of the account. What is under way only API v1 tells, with the
 * key that API v2 shows.
 */
export function sourceOfAccount(
  target: AccountTarget,
  instance: string,
  timeoutMs: number,
): MongodbSource {
  const client = accountClientOf(target, timeoutMs)
  let keyed: Client | undefined

  async function connectWithKey(signal?: AbortSignal): Promise<Client> {
    const { api_key: apiKey } = await client.getInstance({ instance }, { signal })
    const { url, ca, insecure } = target
    keyed ??= clientOf({ url, ca, insecure, apiKey }, timeoutMs)
    return keyed
  }

  return {
    service: 'mongodb',
    status: (signal) => fetchStatus(client, instance, signal),
    operations: async (signal) => fetchOperations(keyed ?? (await connectWithKey(signal)), signal),
    close() {
      client.close()
      keyed?.close()
    },
  }
}

/** Over API v2, which tells the numbers of every service alike. */
export function sourceOfHosts(
  target: AccountTarget,
  { name: instance, service, version }: WatchedInstance,
  timeoutMs: number,
): HostsSource {
  const client = accountClientOf(target, timeoutMs)
  return {
    service,
    async sample(signal) {
      const hosts = await client.getStatistics({ instance }, { signal })
      return { instance, version, takenMs: Date.now(), hosts }
    },
    close: () => client.close(),
  }
}

interface WatchedInstance {
  readonly name: string
  readonly service: HostsService
  readonly version: string
}

/** All shards of an instance together, as one server would tell it. */
async function fetchStatus(
  client: AccountClient,
  instance: string,
  signal?: AbortSignal,
): Promise<JsonDocument> {
  const shards = await client.listShards({ instance }, { signal })
  const query = { include_stats: 'true' }
  const told = await Promise.all(
    shards.map(({ name: shard }) => client.getShard({ instance, shard, query }, { signal })),
  )
  const stats = told.map((each) => (each.stats?.shard_stats ?? {}) as JsonDocument)
  return { ...stats.reduce(sum), instance, zone: shards.at(0)?.zone }
}

/** Clocks and what is no number are the first shard's. */
const NOT_ADDED = ['uptime', 'uptimeMillis', 'version', 'pid', 'ok']

function sum(a: JsonDocument, b: JsonDocument): JsonDocument {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return Object.fromEntries(
    [...names].map((name) => {
      const [one, other] = [a[name], b[name]]
      if (NOT_ADDED.includes(name)) return [name, one ?? other]
      if (typeof one === 'number' && typeof other === 'number') return [name, one + other]
      if (isDocument(one) && isDocument(other)) return [name, sum(one, other)]
      return [name, one ?? other]
    }),
  )
}

function isDocument(value: JsonDocument[string]): value is JsonDocument {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function fetchOperations(
  client: Client,
  signal?: AbortSignal,
): Promise<readonly OperationReply[] | undefined> {
  try {
    return (await client.getCurrentOperations({}, { signal })).inprog
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'not_found') return undefined
    throw error
  }
}
