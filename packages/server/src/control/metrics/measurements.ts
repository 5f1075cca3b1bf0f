/**
 * What is measured, under the names that the Public API has for it: in which units, and how it
 * comes out of the numbers that are kept.
 */
import type { Frame } from './frame.js'

export type Units =
  | 'SCALAR'
  | 'SCALAR_PER_SECOND'
  | 'PERCENT'
  | 'BYTES'
  | 'KILOBYTES'
  | 'MEGABYTES'
  | 'BYTES_PER_SECOND'
  | 'GIGABYTES_PER_HOUR'
  | 'MILLISECONDS'
  | 'SECONDS'

/** Whose measurement it is: of a host, of a partition of its disk, or of a database on it. */
export type Scope = 'host' | 'disk' | 'database'

export interface Measurement {
  readonly name: string
  readonly units: Units
  readonly scope: Scope
  /** Names of the numbers that it needs; those of disks and databases without what stands before the last part. */
  readonly needs: readonly string[]
  /** How long before its first step it looks. */
  readonly beforeMs?: number
  /** `at` gives a number's full name. */
  values(frame: Frame, at: (name: string) => string): Float64Array
}

const KILOBYTE = 1024
const GIGABYTE = 1024 ** 3
const HOUR_MS = 3_600_000

type Of = (frame: Frame, at: (name: string) => string) => Float64Array

function scaled(values: Float64Array, factor: number): Float64Array {
  return factor === 1 ? values : values.map((value) => value * factor)
}

/** A number as it is, and its greatest as `MAX_…`. */
function plain(
  name: string,
  units: Units,
  need: string,
  { scope = 'host', factor = 1 }: { readonly scope?: Scope; readonly factor?: number } = {},
): Measurement[] {
  const from = { units, scope, needs: [need] }
  return [
    { name, ...from, values: (frame, at) => scaled(frame.average(at(need)), factor) },
    { name: `MAX_${name}`, ...from, values: (frame, at) => scaled(frame.most(at(need)), factor) },
  ]
}

function derived(
  name: string,
  units: Units,
  needs: readonly string[],
  values: Of,
  scope: Scope = 'host',
): Measurement {
  return { name, units, scope, needs, values }
}

/** So much of the one for each of the other; 0 when there was none of the other. */
function ratio(a: Float64Array, b: Float64Array, factor = 1): Float64Array {
  return a.map((value, i) => {
    if (Number.isNaN(value) || Number.isNaN(b[i])) return Number.NaN
    return b[i] === 0 ? 0 : (value / b[i]) * factor
  })
}

function zip(
  a: Float64Array,
  b: Float64Array,
  each: (a: number, b: number) => number,
): Float64Array {
  return a.map((value, i) => each(value, b[i]))
}

/** How often within the hour that ends with each step; over longer steps per hour. */
function inLastHour(rises: Float64Array, stepMs: number): Float64Array {
  const steps = Math.max(1, HOUR_MS / stepMs)
  const hours = Math.max(1, stepMs / HOUR_MS)
  return rises.map((own, i) => {
    if (Number.isNaN(own)) return own
    const window = rises.subarray(Math.max(0, i + 1 - steps), i + 1)
    return window.reduce((sum, count) => sum + (count || 0), 0) / hours
  })
}

/** Names that end alike, and the numbers that end as the words beside them. */
function group(
  prefix: string,
  section: string,
  units: Units,
  fields: { readonly [ending: string]: string },
): Measurement[] {
  return Object.entries(fields).flatMap(([ending, field]) =>
    plain(`${prefix}${ending}`, units, `${section}.${field}`),
  )
}

const OPERATIONS = {
  CMD: 'command',
  QUERY: 'query',
  UPDATE: 'update',
  DELETE: 'delete',
  GETMORE: 'getmore',
  INSERT: 'insert',
}
const { QUERY: _query, GETMORE: _getmore, ...REPLICATED } = OPERATIONS

const rates: readonly Measurement[] = [
  ...group('ASSERT_', 'asserts', 'SCALAR_PER_SECOND', {
    REGULAR: 'regular',
    WARNING: 'warning',
    MSG: 'msg',
    USER: 'user',
  }),
  ...group('OPCOUNTER_', 'opcounters', 'SCALAR_PER_SECOND', OPERATIONS),
  ...group('OPCOUNTER_REPL_', 'opcountersRepl', 'SCALAR_PER_SECOND', REPLICATED),
  ...group('DOCUMENT_METRICS_', 'metrics.document', 'SCALAR_PER_SECOND', {
    RETURNED: 'returned',
    INSERTED: 'inserted',
    UPDATED: 'updated',
    DELETED: 'deleted',
  }),
  ...group('', 'metrics', 'SCALAR_PER_SECOND', {
    OPERATIONS_SCAN_AND_ORDER: 'operation.scanAndOrder',
    QUERY_EXECUTOR_SCANNED: 'queryExecutor.scanned',
    QUERY_EXECUTOR_SCANNED_OBJECTS: 'queryExecutor.scannedObjects',
    CURSORS_TOTAL_TIMED_OUT: 'cursor.timedOut',
  }),
  ...plain('NETWORK_NUM_REQUESTS', 'SCALAR_PER_SECOND', 'network.numRequests'),
  ...plain('EXTRA_INFO_PAGE_FAULTS', 'SCALAR_PER_SECOND', 'extra_info.page_faults'),
  ...plain('NETWORK_BYTES_IN', 'BYTES_PER_SECOND', 'network.bytesIn'),
  ...plain('NETWORK_BYTES_OUT', 'BYTES_PER_SECOND', 'network.bytesOut'),
  ...group('CACHE_BYTES_', 'wiredTiger.cache', 'BYTES_PER_SECOND', {
    READ_INTO: 'bytes read into cache',
    WRITTEN_FROM: 'bytes written from cache',
  }),
]

const SCANNED = 'metrics.queryExecutor.scanned'
const SCANNED_OBJECTS = 'metrics.queryExecutor.scannedObjects'
const RETURNED = 'metrics.document.returned'

const gauges: readonly Measurement[] = [
  ...plain('CONNECTIONS', 'SCALAR', 'connections.current'),
  ...plain('CURSORS_TOTAL_OPEN', 'SCALAR', 'metrics.cursor.open.total'),
  ...plain('TICKETS_AVAILABLE_READS', 'SCALAR', 'tickets.read.available'),
  ...plain('TICKETS_AVAILABLE_WRITE', 'SCALAR', 'tickets.write.available'),
  ...group('GLOBAL_LOCK_CURRENT_QUEUE_', 'globalLock.currentQueue', 'SCALAR', {
    TOTAL: 'total',
    READERS: 'readers',
    WRITERS: 'writers',
  }),
  ...group('MEMORY_', 'mem', 'MEGABYTES', {
    RESIDENT: 'resident',
    VIRTUAL: 'virtual',
    MAPPED: 'mapped',
  }),
  ...group('CACHE_', 'wiredTiger.cache', 'BYTES', {
    DIRTY_BYTES: 'tracked dirty bytes in the cache',
    USED_BYTES: 'bytes currently in the cache',
  }),
  ...group('DB_', 'databases', 'BYTES', {
    STORAGE_TOTAL: 'storageSize',
    INDEX_SIZE_TOTAL: 'indexSize',
    DATA_SIZE_TOTAL: 'dataSize',
    DATA_SIZE_TOTAL_WO_SYSTEM: 'dataSizeWithoutSystem',
  }),
  derived('QUERY_TARGETING_SCANNED_PER_RETURNED', 'SCALAR', [SCANNED, RETURNED], (frame) =>
    ratio(frame.rise(SCANNED), frame.rise(RETURNED)),
  ),
  derived(
    'QUERY_TARGETING_SCANNED_OBJECTS_PER_RETURNED',
    'SCALAR',
    [SCANNED_OBJECTS, RETURNED],
    (frame) => ratio(frame.rise(SCANNED_OBJECTS), frame.rise(RETURNED)),
  ),
  {
    name: 'RESTARTS_IN_LAST_HOUR',
    units: 'SCALAR',
    scope: 'host',
    needs: ['restarts'],
    beforeMs: HOUR_MS,
    values: (frame) => inLastHour(frame.rise('restarts'), frame.stepMs),
  },
]

const times: readonly Measurement[] = [
  ...Object.entries({ READS: 'reads', WRITES: 'writes', COMMANDS: 'commands' }).map(
    ([ending, kind]) => {
      const [micros, operations] = [`opLatencies.${kind}.latency`, `opLatencies.${kind}.ops`]
      return derived(`OP_EXECUTION_TIME_${ending}`, 'MILLISECONDS', [micros, operations], (frame) =>
        ratio(frame.rise(micros), frame.rise(operations), 1 / 1000),
      )
    },
  ),
  ...plain('OPLOG_MASTER_TIME', 'SECONDS', 'oplog.windowSeconds'),
  ...plain('OPLOG_REPLICATION_LAG_TIME', 'SECONDS', 'replication.lagMs', { factor: 1 / 1000 }),
  derived(
    'OPLOG_MASTER_LAG_TIME_DIFF',
    'SECONDS',
    ['oplog.windowSeconds', 'replication.lagMs'],
    (frame) =>
      zip(
        frame.average('oplog.windowSeconds'),
        frame.average('replication.lagMs'),
        (seconds, lagMs) => seconds - lagMs / 1000,
      ),
  ),
  derived(
    'OPLOG_RATE_GB_PER_HOUR',
    'GIGABYTES_PER_HOUR',
    ['oplog.bytes', 'oplog.windowSeconds'],
    (frame) =>
      ratio(frame.average('oplog.bytes'), frame.average('oplog.windowSeconds'), 3600 / GIGABYTE),
  ),
]

/** Of milliseconds of processor time a second, in percent of one processor. */
const MS_TO_PERCENT = 1 / 10
const US_TO_PERCENT = 1 / 10_000
const CORES = 'system.cores'

/** Of one processor, and of all that there are. */
function processor(
  owner: 'PROCESS' | 'SYSTEM',
  state: string,
  need: string,
  factor: number,
): Measurement[] {
  const cores = (values: Float64Array, frame: Frame) => ratio(values, frame.average(CORES), factor)
  const normalized = { units: 'PERCENT' as const, scope: 'host' as const, needs: [need, CORES] }
  const name = `${owner}_NORMALIZED_CPU_${state}`
  return [
    ...plain(`${owner}_CPU_${state}`, 'PERCENT', need, { factor }),
    { ...normalized, name, values: (frame) => cores(frame.average(need), frame) },
    { ...normalized, name: `MAX_${name}`, values: (frame) => cores(frame.most(need), frame) },
  ]
}

const machine: readonly Measurement[] = [
  ...processor('PROCESS', 'USER', 'extra_info.user_time_us', US_TO_PERCENT),
  ...processor('PROCESS', 'KERNEL', 'extra_info.system_time_us', US_TO_PERCENT),
  ...['user', 'kernel', 'nice', 'iowait', 'irq', 'softirq', 'guest', 'steal'].flatMap((state) =>
    processor('SYSTEM', state.toUpperCase(), `system.cpu.${state}`, MS_TO_PERCENT),
  ),
  ...Object.entries({
    SYSTEM_MEMORY_USED: 'system.memory.used',
    SYSTEM_MEMORY_FREE: 'system.memory.free',
    SYSTEM_MEMORY_AVAILABLE: 'system.memory.available',
    SWAP_USAGE_USED: 'system.swap.used',
    SWAP_USAGE_FREE: 'system.swap.free',
  }).flatMap(([name, need]) => plain(name, 'KILOBYTES', need, { factor: 1 / KILOBYTE })),
  ...plain('SYSTEM_NETWORK_BYTES_IN', 'BYTES_PER_SECOND', 'system.network.bytesIn'),
  ...plain('SYSTEM_NETWORK_BYTES_OUT', 'BYTES_PER_SECOND', 'system.network.bytesOut'),
]

const inDisk = { scope: 'disk' } as const
const USED = 'spaceUsed'
const FREE = 'spaceFree'

function share(part: string): Of {
  return (frame, at) => {
    const [used, free] = [frame.average(at(USED)), frame.average(at(FREE))]
    return ratio(
      part === USED ? used : free,
      zip(used, free, (a, b) => a + b),
      100,
    )
  }
}

const disks: readonly Measurement[] = [
  ...plain('DISK_PARTITION_IOPS_READ', 'SCALAR_PER_SECOND', 'reads', inDisk),
  ...plain('DISK_PARTITION_IOPS_WRITE', 'SCALAR_PER_SECOND', 'writes', inDisk),
  derived(
    'DISK_PARTITION_IOPS_TOTAL',
    'SCALAR_PER_SECOND',
    ['reads', 'writes'],
    (frame, at) => zip(frame.average(at('reads')), frame.average(at('writes')), (a, b) => a + b),
    'disk',
  ),
  ...Object.entries({ READ: ['readMs', 'reads'], WRITE: ['writeMs', 'writes'] }).map(
    ([ending, [ms, count]]) =>
      derived(
        `DISK_PARTITION_LATENCY_${ending}`,
        'MILLISECONDS',
        [ms, count],
        (frame, at) => ratio(frame.rise(at(ms)), frame.rise(at(count))),
        'disk',
      ),
  ),
  ...plain('DISK_PARTITION_SPACE_FREE', 'BYTES', FREE, inDisk),
  ...plain('DISK_PARTITION_SPACE_USED', 'BYTES', USED, inDisk),
  derived('DISK_PARTITION_SPACE_PERCENT_FREE', 'PERCENT', [USED, FREE], share(FREE), 'disk'),
  derived('DISK_PARTITION_SPACE_PERCENT_USED', 'PERCENT', [USED, FREE], share(USED), 'disk'),
  ...plain('DISK_PARTITION_UTILIZATION', 'PERCENT', 'busyMs', {
    scope: 'disk',
    factor: MS_TO_PERCENT,
  }),
]

const inDatabase = { scope: 'database' } as const

const databases: readonly Measurement[] = [
  derived(
    'DATABASE_AVERAGE_OBJECT_SIZE',
    'BYTES',
    ['dataSize', 'objects'],
    (frame, at) => ratio(frame.average(at('dataSize')), frame.average(at('objects'))),
    'database',
  ),
  ...plain('DATABASE_DATA_SIZE', 'BYTES', 'dataSize', inDatabase),
  ...plain('DATABASE_STORAGE_SIZE', 'BYTES', 'storageSize', inDatabase),
  ...plain('DATABASE_INDEX_SIZE', 'BYTES', 'indexSize', inDatabase),
  ...plain('DATABASE_COLLECTION_COUNT', 'SCALAR', 'collections', inDatabase),
  ...plain('DATABASE_INDEX_COUNT', 'SCALAR', 'indexes', inDatabase),
  ...plain('DATABASE_EXTENT_COUNT', 'SCALAR', 'numExtents', inDatabase),
  ...plain('DATABASE_OBJECT_COUNT', 'SCALAR', 'objects', inDatabase),
  ...plain('DATABASE_VIEW_COUNT', 'SCALAR', 'views', inDatabase),
]

/** All measurements that there are, of MongoDB; those of which a host does not tell are not offered there. */
export const measurements: readonly Measurement[] = [
  ...rates,
  ...gauges,
  ...times,
  ...machine,
  ...disks,
  ...databases,
]
