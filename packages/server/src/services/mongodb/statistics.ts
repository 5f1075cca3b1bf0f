import { DateTime, type Doc, Double, decodeDocument, Timestamp, type Value } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Command, Deployment } from '../deployment.js'

/** Numbers by name, as `serverStatus` has them, and of its databases as `db/NAME/dataSize`. */
export type Numbers = { readonly [name: string]: number }

/** What counts up from the start of the server on. */
const counters: readonly string[] = [
  ...under('asserts', 'regular', 'warning', 'msg', 'user'),
  ...under('opcounters', 'insert', 'query', 'update', 'delete', 'getmore', 'command'),
  ...under('opcountersRepl', 'insert', 'query', 'update', 'delete', 'getmore', 'command'),
  ...under('network', 'bytesIn', 'bytesOut', 'numRequests'),
  ...under('metrics.document', 'deleted', 'inserted', 'returned', 'updated'),
  ...under('metrics.operation', 'scanAndOrder', 'writeConflicts'),
  ...under('metrics.queryExecutor', 'scanned', 'scannedObjects'),
  'metrics.cursor.timedOut',
  'metrics.ttl.deletedDocuments',
  ...under('extra_info', 'page_faults', 'user_time_us', 'system_time_us'),
  ...['reads', 'writes', 'commands'].flatMap((kind) =>
    under(`opLatencies.${kind}`, 'latency', 'ops'),
  ),
  ...under('transactions', 'totalStarted', 'totalCommitted', 'totalAborted'),
  ...under('wiredTiger.cache', 'bytes read into cache', 'bytes written from cache'),
]

/** What is at one time more and at another less. */
const gauges: readonly string[] = [
  ...under('connections', 'current', 'available'),
  ...under('mem', 'resident', 'virtual', 'mapped'),
  ...under('globalLock.currentQueue', 'total', 'readers', 'writers'),
  ...under('globalLock.activeClients', 'total', 'readers', 'writers'),
  'metrics.cursor.open.total',
  'transactions.currentOpen',
  ...under(
    'wiredTiger.cache',
    'bytes currently in the cache',
    'tracked dirty bytes in the cache',
    'maximum bytes configured',
  ),
]

/** What newer versions have moved, by the name that it has here: the first that is there counts. */
const moved: Readonly<Record<string, readonly string[]>> = {
  'tickets.read.available': [
    'queues.execution.read.available',
    'wiredTiger.concurrentTransactions.read.available',
  ],
  'tickets.write.available': [
    'queues.execution.write.available',
    'wiredTiger.concurrentTransactions.write.available',
  ],
}

/** Those of the numbers that count up. */
export const mongodbCounters: ReadonlySet<string> = new Set(counters)

/** What is told of each database. */
export const DATABASE_NUMBERS = [
  'collections',
  'views',
  'objects',
  'dataSize',
  'storageSize',
  'indexes',
  'indexSize',
  'numExtents',
] as const

const SYSTEM_DATABASES: ReadonlySet<string> = new Set(['admin', 'config', 'local'])
/** So many databases are asked about each time; those beyond are asked in turn. */
const DATABASES_AT_ONCE = 16
/** Databases that are told of one by one; more would be nobody's to look at. */
const MOST_DATABASES = 200
/** What changes slowly and takes a query or two is asked so seldom. */
const SLOW_EVERY_MS = 60_000

/**
 * Asks one server, which a deployment reaches, what it does and has done. Databases beyond the
 * first few are asked about in turn, and stand with what they last said in between.
 */
export function mongodbStatistics(
  deployment: Deployment,
  now: () => number = Date.now,
): () => Promise<Numbers> {
  const databases = databaseStatistics(deployment)
  let slow: Numbers = {}
  let slowMs = Number.NEGATIVE_INFINITY
  return async () => {
    const status = await ask(deployment, 'admin', STATUS)
    const ofDatabases = await databases()
    if (now() - slowMs >= SLOW_EVERY_MS) {
      slowMs = now()
      slow = { ...(await replication(deployment)), ...(await oplogWindow(deployment)) }
    }
    return { ...selected(status), ...ofDatabases, ...slow }
  }
}

/** Without the sections that are long and not looked at. */
const STATUS = { serverStatus: 1, locks: 0, tcmalloc: 0, sharding: 0, mirroredReads: 0 }

function selected(status: Doc): Record<string, number> {
  const numbers: Record<string, number> = { uptimeMs: uptimeOf(status) }
  for (const name of [...counters, ...gauges]) {
    const value = numberAt(status, name)
    if (value !== undefined) numbers[name] = value
  }
  for (const [name, places] of Object.entries(moved)) {
    const value = places
      .map((place) => numberAt(status, place))
      .find((found) => found !== undefined)
    if (value !== undefined) numbers[name] = value
  }
  return numbers
}

function uptimeOf(status: Doc): number {
  return numberAt(status, 'uptimeMillis') ?? (numberAt(status, 'uptime') ?? 0) * 1000
}

function databaseStatistics(deployment: Deployment): () => Promise<Numbers> {
  let known = new Map<string, Numbers>()
  let next = 0
  return async () => {
    const reply = await ask(deployment, 'admin', { listDatabases: 1, nameOnly: true })
    const names = docsIn(reply.get('databases')).map((entry) => String(entry.get('name')))
    known = new Map([...known].filter(([name]) => names.includes(name)))
    const asked = names.length <= DATABASES_AT_ONCE ? names : inTurn(names)
    for (const name of asked) known.set(name, await databaseNumbers(deployment, name))
    return { ...totals(known), ...oneByOne(known) }
  }

  /** Those not asked yet first, then one after the other. */
  function inTurn(names: readonly string[]): string[] {
    const fresh = names.filter((name) => !known.has(name)).slice(0, DATABASES_AT_ONCE)
    const rest = Array.from({ length: DATABASES_AT_ONCE - fresh.length }, () => {
      next = (next + 1) % names.length
      return names[next]
    })
    return [...fresh, ...rest]
  }
}

async function databaseNumbers(deployment: Deployment, name: string): Promise<Numbers> {
  const stats = await ask(deployment, name, { dbStats: 1 })
  return Object.fromEntries(
    DATABASE_NUMBERS.map((field) => [field, plainNumber(stats.get(field)) ?? 0]),
  )
}

function totals(databases: ReadonlyMap<string, Numbers>): Numbers {
  const sum = (field: string, own = false) =>
    [...databases].reduce(
      (total, [name, numbers]) =>
        own && SYSTEM_DATABASES.has(name) ? total : total + numbers[field],
      0,
    )
  return {
    'databases.dataSize': sum('dataSize'),
    'databases.dataSizeWithoutSystem': sum('dataSize', true),
    'databases.indexSize': sum('indexSize'),
    'databases.storageSize': sum('storageSize'),
  }
}

function oneByOne(databases: ReadonlyMap<string, Numbers>): Numbers {
  const numbers: Record<string, number> = {}
  for (const [name, own] of [...databases].slice(0, MOST_DATABASES)) {
    for (const [field, value] of Object.entries(own)) numbers[`db/${name}/${field}`] = value
  }
  return numbers
}

/** Whether this member is the primary, or how far it is behind it; nothing where there is no set. */
async function replication(deployment: Deployment): Promise<Numbers> {
  const status = await orNothing(ask(deployment, 'admin', { replSetGetStatus: 1 }))
  const members = docsIn(status?.get('members'))
  const primary = members.find((member) => member.get('stateStr') === 'PRIMARY')
  const self = members.find((member) => member.get('self') === true)
  if (!self) return {}
  const isPrimary = { 'replication.isPrimary': self === primary ? 1 : 0 }
  const [newest, own] = [primary, self].map((member) => member?.get('optimeDate'))
  if (!(newest instanceof DateTime && own instanceof DateTime)) return isPrimary
  return {
    ...isPrimary,
    'replication.lagMs': Math.max(0, Number(newest.ms) - Number(own.ms)),
  }
}

/** Of which time the oplog tells, and how much was written in it; nothing where it cannot be read. */
async function oplogWindow(deployment: Deployment): Promise<Numbers> {
  const entry = (order: 1 | -1) => ({
    find: 'oplog.rs',
    sort: { $natural: order },
    projection: { ts: 1 },
    limit: 1,
    singleBatch: true,
  })
  const oldest = await orNothing(ask(deployment, 'local', entry(1)))
  const newest = oldest && (await orNothing(ask(deployment, 'local', entry(-1))))
  const [from, to] = [oldest, newest].map(secondsOfFirst)
  if (from === undefined || to === undefined) return {}
  const stats = await orNothing(ask(deployment, 'local', { collStats: 'oplog.rs' }))
  return {
    'oplog.windowSeconds': to - from,
    'oplog.bytes': plainNumber(stats?.get('size')) ?? 0,
  }
}

function secondsOfFirst(reply: Doc | undefined): number | undefined {
  const cursor = reply?.get('cursor')
  const [first] = docsIn(cursor instanceof Map ? cursor.get('firstBatch') : undefined)
  const ts = first?.get('ts')
  return ts instanceof Timestamp ? ts.t : undefined
}

/** Undefined where the server does not have what was asked for, or not for us. */
async function orNothing(asked: Promise<Doc>): Promise<Doc | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof AppError && error.kind === 'database') return undefined
    throw error
  }
}

async function ask(deployment: Deployment, db: string, command: Command): Promise<Doc> {
  return decodeDocument(await deployment.command(db, command))
}

function under(section: string, ...fields: readonly string[]): string[] {
  return fields.map((field) => `${section}.${field}`)
}

function numberAt(doc: Doc, path: string): number | undefined {
  let value: Value | undefined = doc
  for (const field of path.split('.')) value = value instanceof Map ? value.get(field) : undefined
  return plainNumber(value)
}

function plainNumber(value: Value | undefined): number | undefined {
  if (value instanceof Double) return value.value
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined
}

function docsIn(value: Value | undefined): Doc[] {
  return Array.isArray(value) ? value.filter((item) => item instanceof Map) : []
}
