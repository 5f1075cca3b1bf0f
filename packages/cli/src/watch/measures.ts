import { count, percent } from './cells.js'
import type { HostNumbers, Reading } from './hosts.js'

/** Services whose hosts tell numbers by names of their own. */
export type HostsService = 'redis' | 'elasticsearch'

type Measured = number | string | undefined

/** A column of what is shown, and a field for programs. */
export interface Measure {
  readonly name: string
  readonly heading: string
  readonly width: number
  read(reading: Reading): Measured
  text(measured: Measured): string
}

interface Understood {
  readonly measures: readonly Measure[]
  /** The hosts that an instance's own numbers are those of. */
  counted(hosts: readonly HostNumbers[]): readonly HostNumbers[]
}

const numeric = (
  name: string,
  heading: string,
  width: number,
  read: Measure['read'],
  show: (value: number | undefined) => string = count,
): Measure => ({
  name,
  heading,
  width,
  read,
  text: (value) => (typeof value === 'string' ? value : show(value)),
})

const rate = (name: string, heading: string, width: number, counter: string) =>
  numeric(name, heading, width, ({ perSecond }) => perSecond(counter))

const amount = (name: string, heading: string, width: number, gauge: string) =>
  numeric(name, heading, width, ({ sum }) => sum(gauge))

/** What is shown of each service, in this order. */
export const understood: Readonly<Record<HostsService, Understood>> = {
  redis: {
    measures: [
      rate('operations', 'ops/s', 8, 'total_commands_processed'),
      rate('hits', 'hits/s', 8, 'keyspace_hits'),
      rate('misses', 'misses/s', 9, 'keyspace_misses'),
      amount('usedMemory', 'memory', 8, 'used_memory'),
      amount('clients', 'clients', 8, 'connected_clients'),
      numeric('keys', 'keys', 8, keysOf),
      rate('evicted', 'evict/s', 8, 'evicted_keys'),
      rate('expired', 'expire/s', 9, 'expired_keys'),
      numeric('role', 'role', 8, ({ hosts }) => roleOf(hosts)),
      amount('replicas', 'replicas', 9, 'connected_slaves'),
      numeric('replicationLag', 'lag s', 6, lagOf),
    ],
    // Replicas count what they are sent once more.
    counted(hosts) {
      const primaries = hosts.filter((each) => !isReplica(each))
      return primaries.length > 0 ? primaries : hosts
    },
  },
  elasticsearch: {
    measures: [
      amount('documents', 'docs', 8, 'indices.docs.count'),
      rate('indexed', 'index/s', 8, 'indices.indexing.index_total'),
      rate('queries', 'query/s', 8, 'indices.search.query_total'),
      numeric('heapPercent', 'heap %', 7, heapPercent, (value) => percent(value)),
      amount('store', 'store', 8, 'indices.store.size_in_bytes'),
      amount('openHttp', 'http', 6, 'http.current_open'),
    ],
    counted: (hosts) => hosts,
  },
}

/** An empty database is none that `INFO` tells of. */
function keysOf({ hosts }: Reading): number | undefined {
  if (hosts.length === 0) return undefined
  const keys = hosts.flatMap((host) => matching(host, /^db\d+\.keys$/))
  return keys.reduce((sum, each) => sum + each, 0)
}

function roleOf(hosts: readonly HostNumbers[]): string | undefined {
  if (hosts.length === 0) return undefined
  return hosts.every(isReplica) ? 'replica' : 'primary'
}

/** Seconds since the replica that is furthest behind was heard of, or heard from its primary. */
function lagOf({ hosts }: Reading): number | undefined {
  const lags = hosts.flatMap((host) =>
    matching(host, isReplica(host) ? /^master_last_io_seconds_ago$/ : /^slave\d+\.lag$/),
  )
  return lags.length === 0 ? undefined : Math.max(...lags)
}

function isReplica({ values }: HostNumbers): boolean {
  return values.slave_repl_offset !== undefined
}

function matching({ values }: HostNumbers, pattern: RegExp): number[] {
  return Object.entries(values).flatMap(([name, value]) => (pattern.test(name) ? [value] : []))
}

function heapPercent({ sum }: Reading): number | undefined {
  const [used, most] = ['used', 'max'].map((which) => sum(`jvm.mem.heap_${which}_in_bytes`))
  return used === undefined || !most ? undefined : (used / most) * 100
}
