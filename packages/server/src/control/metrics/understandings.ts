import { isMachineCounter } from '../../machine/machine.js'
import type { Service } from '../../services/driver.js'
import { mongodbCounters } from '../../services/mongodb/statistics.js'
import type { Understanding } from './reading.js'

/** Numbers of Redis' `INFO` that count up. */
const REDIS_COUNTERS =
  /^(total_(?!system_memory|blocking_keys)|keyspace_(hits|misses)$|expired_(keys|subkeys)$|evicted_(keys|clients|scripts)$|rejected_connections$|sync_(full|partial_)|used_cpu_|cmdstat_|errorstat_|io_threaded_|unexpected_error_replies$|acl_access_denied_|expire_cycle_cpu_milliseconds$)/

/** Numbers of Elasticsearch's statistics that count up. */
const ELASTICSEARCH_COUNTERS =
  /(_total|\.(get|merges|refresh|flush)\.total|(?<!up)time_in_millis|collection_count|evictions|rejected|total_opened|[rt]x_size_in_bytes)$/

/** How the numbers of each service, and of machines, are understood. */
export const understandings: Readonly<Record<Service | 'machine', Understanding>> = {
  mongodb: {
    counts: (name) => mongodbCounters.has(name),
    uptimeMs: ({ uptimeMs }) => uptimeMs,
  },
  redis: {
    counts: (name) => REDIS_COUNTERS.test(name),
    uptimeMs: ({ uptime_in_seconds: seconds }) => seconds && seconds * 1000,
  },
  elasticsearch: {
    counts: (name) => ELASTICSEARCH_COUNTERS.test(name),
    uptimeMs: (values) => values['jvm.uptime_in_millis'],
  },
  machine: { counts: isMachineCounter, uptimeMs: () => undefined },
}
