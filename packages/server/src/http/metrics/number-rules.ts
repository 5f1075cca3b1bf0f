/** Under which names and labels Prometheus gets the numbers of services and machines. */
import { understandings } from '../../control/metrics/understandings.js'
import type { Labels } from './exposition.js'

type Owner = keyof typeof understandings

/** How a number is told. */
export interface Told {
  readonly family: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly labels: Labels
  /** To the units in the family's name. */
  readonly factor: number
}

interface Rule {
  /** Its groups are the labels, by their names. */
  readonly match: RegExp
  readonly family: string
  readonly help: string
  readonly factor?: number
}

const MEBIBYTE = 1024 * 1024
const US = 1e-6
const MS = 1e-3

const mongodb: readonly Rule[] = [
  {
    match: /^uptimeMs$/,
    family: 'uptime_seconds',
    help: 'How long it has been running',
    factor: MS,
  },
  { match: /^opcounters\.(?<type>\w+)$/, family: 'operations_total', help: 'Operations by kind' },
  {
    match: /^opcountersRepl\.(?<type>\w+)$/,
    family: 'replicated_operations_total',
    help: 'Operations applied from the primary, by kind',
  },
  { match: /^asserts\.(?<type>\w+)$/, family: 'asserts_total', help: 'Assertions by kind' },
  {
    match: /^metrics\.document\.(?<state>\w+)$/,
    family: 'documents_total',
    help: 'Documents by what was done with them',
  },
  {
    match: /^metrics\.queryExecutor\.scanned$/,
    family: 'scanned_keys_total',
    help: 'Index keys looked at',
  },
  {
    match: /^metrics\.queryExecutor\.scannedObjects$/,
    family: 'scanned_documents_total',
    help: 'Documents looked at',
  },
  {
    match: /^network\.bytesIn$/,
    family: 'network_received_bytes_total',
    help: 'Bytes that clients sent',
  },
  {
    match: /^network\.bytesOut$/,
    family: 'network_sent_bytes_total',
    help: 'Bytes that clients were sent',
  },
  {
    match: /^network\.numRequests$/,
    family: 'network_requests_total',
    help: 'Requests of clients',
  },
  { match: /^connections\.(?<state>\w+)$/, family: 'connections', help: 'Connections by state' },
  {
    match: /^mem\.(?<type>\w+)$/,
    family: 'memory_bytes',
    help: 'Memory of the process by kind',
    factor: MEBIBYTE,
  },
  {
    match: /^opLatencies\.(?<type>\w+)\.latency$/,
    family: 'operation_seconds_total',
    help: 'Time that operations took, by kind',
    factor: US,
  },
  {
    match: /^opLatencies\.(?<type>\w+)\.ops$/,
    family: 'timed_operations_total',
    help: 'Operations whose time is in operation_seconds_total',
  },
  {
    match: /^globalLock\.currentQueue\.(?<type>\w+)$/,
    family: 'queued_operations',
    help: 'Operations that wait for a lock',
  },
  {
    match: /^globalLock\.activeClients\.(?<type>\w+)$/,
    family: 'active_clients',
    help: 'Clients with an operation under way',
  },
  {
    match: /^extra_info\.(?<mode>user|system)_time_us$/,
    family: 'process_cpu_seconds_total',
    help: 'Processor time of the process',
    factor: US,
  },
  {
    match: /^replication\.isPrimary$/,
    family: 'is_primary',
    help: 'Whether it takes writes for its replica set',
  },
  {
    match: /^replication\.lagMs$/,
    family: 'replication_lag_seconds',
    help: 'How far it is behind the primary',
    factor: MS,
  },
  {
    match: /^db\/(?<database>[^/]+)\/(?<kind>data|storage|index)Size$/,
    family: 'database_bytes',
    help: 'Size of a database by what takes it',
  },
  {
    match: /^db\/(?<database>[^/]+)\/(?<kind>\w+)$/,
    family: 'database_items',
    help: 'What a database holds, by kind',
  },
  {
    match: /^metrics\.cursor\.open\.total$/,
    family: 'open_cursors',
    help: 'Cursors that clients have open',
  },
  { match: /^databases\.(?<kind>\w+)Size$/, family: 'bytes', help: 'Size of all databases' },
]

const redis: readonly Rule[] = [
  {
    match: /^cmdstat_(?<command>[^.]+)\.calls$/,
    family: 'command_calls_total',
    help: 'Calls of each command',
  },
  {
    match: /^cmdstat_(?<command>[^.]+)\.usec$/,
    family: 'command_seconds_total',
    help: 'Time that each command took',
    factor: US,
  },
  {
    match: /^cmdstat_(?<command>[^.]+)\.(?<kind>rejected|failed)_calls$/,
    family: 'command_failures_total',
    help: 'Calls of each command that were rejected or failed',
  },
  {
    match: /^errorstat_(?<error>[^.]+)\.count$/,
    family: 'errors_total',
    help: 'Errors answered, by their prefix',
  },
  {
    match: /^latency_percentiles_usec_(?<command>[^.]+)\.p(?<percentile>[\d.]+)$/,
    family: 'command_latency_seconds',
    help: 'How long each command takes at most in so many percent of its calls',
    factor: US,
  },
  {
    match: /^db(?<database>\d+)\.(?<kind>\w+)$/,
    family: 'database_keys',
    help: 'Keys of each database, with what is said of them',
  },
]

const machine: readonly Rule[] = [
  { match: /^system\.cores$/, family: 'cpu_cores', help: 'Processors' },
  {
    match: /^system\.cpu\.(?<mode>\w+)$/,
    family: 'cpu_seconds_total',
    help: 'Time of all processors by what they did',
    factor: MS,
  },
  { match: /^system\.memory\.(?<state>\w+)$/, family: 'memory_bytes', help: 'Memory by state' },
  { match: /^system\.swap\.(?<state>\w+)$/, family: 'swap_bytes', help: 'Swap space by state' },
  {
    match: /^system\.network\.bytesIn$/,
    family: 'network_received_bytes_total',
    help: 'Bytes received from other machines',
  },
  {
    match: /^system\.network\.bytesOut$/,
    family: 'network_sent_bytes_total',
    help: 'Bytes sent to other machines',
  },
  {
    match: /^disk\/(?<partition>[^/]+)\/space(?<state>Free|Used)$/,
    family: 'disk_bytes',
    help: 'Space of the partition that holds the data directory',
  },
  {
    match: /^disk\/(?<partition>[^/]+)\/(?<type>read|write)s$/,
    family: 'disk_operations_total',
    help: 'Reads and writes of the partition',
  },
  {
    match: /^disk\/(?<partition>[^/]+)\/(?<type>read|write|busy)Ms$/,
    family: 'disk_seconds_total',
    help: 'Time that reads and writes took, and that the partition was busy',
    factor: MS,
  },
]

const rules: Readonly<Partial<Record<Owner, readonly Rule[]>>> = { mongodb, redis, machine }

/** How a number of a service is told; those without a rule under their own names. */
export function toldAs(owner: Owner, name: string): Told {
  const counts = understandings[owner].counts(name)
  const type = counts ? 'counter' : 'gauge'
  for (const { match, family, help, factor = 1 } of rules[owner] ?? []) {
    const found = match.exec(name)
    if (!found) continue
    const labels = Object.fromEntries(
      Object.entries(found.groups ?? {}).map(([label, value]) => [label, lowered(label, value)]),
    )
    return { family: `gantry_${owner}_${family}`, type, help, labels, factor }
  }
  const plain = snake(name)
  const ending = counts && !plain.endsWith('_total') ? '_total' : ''
  const family = `gantry_${owner}_${plain}${ending}`
  return { family, type, help: `What ${owner} calls ${name}`, labels: {}, factor: 1 }
}

/** Names that are somebody's own stay as they are. */
function lowered(label: string, value: string): string {
  return label === 'state' || label === 'kind' ? snake(value) : value
}

function snake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}
