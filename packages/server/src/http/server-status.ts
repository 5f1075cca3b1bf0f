import { DateTime, type Doc, Double, type Value, type Writable } from '@gantry/bson'
import type { Instance } from '../control/instances/instances.js'
import { numberOf, valueAt } from '../control/reply.js'

type Fields = { readonly [field: string]: Writable }

const ZERO = new Double(0)

/**
 * A `serverStatus` as clients of every age read it: with the sections that MongoDB once had,
 * which are zero where the database no longer counts such things.
 */
export function presentStatus(
  status: Doc,
  { name, zone, plan }: Instance,
  databases: readonly string[],
): Fields {
  return {
    instance: name,
    zone,
    plan,
    ...Object.fromEntries(status),
    uptime: new Double(numberOf(status.get('uptime'))),
    opcounters: counts(status.get('opcounters'), OPERATIONS),
    connections: counts(status.get('connections'), ['current', 'available']),
    globalLock: globalLock(status.get('globalLock')),
    recordStats: recordStats(status.get('recordStats'), databases),
    indexCounters: indexCounters(status.get('indexCounters')),
    backgroundFlushing: backgroundFlushing(status.get('backgroundFlushing')),
    network: counts(status.get('network'), ['bytesIn', 'bytesOut', 'numRequests']),
    cursors: cursors(status),
    asserts: counts(status.get('asserts'), ASSERTS),
    writeBacksQueued: status.get('writeBacksQueued') === true,
    ok: new Double(1),
  }
}

const OPERATIONS = ['insert', 'query', 'update', 'delete', 'getmore', 'command']
const ASSERTS = ['regular', 'warning', 'msg', 'user', 'rollovers']
const CLIENTS = ['total', 'readers', 'writers']

/** A section with these fields in any case, and all others that it has. */
function counts(section: Value | undefined, fields: readonly string[]): Writable {
  const zeros = new Map<string, Value>(fields.map((field) => [field, 0]))
  return section instanceof Map ? new Map([...zeros, ...section]) : zeros
}

function globalLock(section: Value | undefined): Writable {
  const field = (name: string) => valueAt(section, name)
  const [totalTime, lockTime] = [field('totalTime') ?? 0, field('lockTime') ?? 0]
  const share = numberOf(lockTime) / Math.max(1, numberOf(totalTime))
  return {
    totalTime,
    lockTime,
    ratio: field('ratio') ?? new Double(share),
    currentQueue: counts(field('currentQueue'), CLIENTS),
    activeClients: counts(field('activeClients'), CLIENTS),
  }
}

/** Every field but the first two is a database. */
function recordStats(section: Value | undefined, databases: readonly string[]): Writable {
  const misses = ['accessesNotInMemory', 'pageFaultExceptionsThrown']
  const own = databases.filter((name) => !misses.includes(name))
  const sum = counts(section, misses) as Doc
  for (const name of own) sum.set(name, counts(sum.get(name), misses) as Doc)
  return sum
}

/** Up to version 2.2 the counters stood one level deeper. */
function indexCounters(section: Value | undefined): Writable {
  const fields = ['accesses', 'hits', 'misses', 'resets']
  const counted = counts(valueAt(section, 'btree') ?? section, fields) as Doc
  const btree = new Map([['missRatio', ZERO as Value], ...counted])
  return new Map([...btree, ['btree', btree as Value] as const])
}

function backgroundFlushing(section: Value | undefined): Writable {
  const zeros = { flushes: 0, total_ms: 0, average_ms: ZERO, last_ms: 0 }
  return {
    ...zeros,
    last_finished: DateTime.fromMs(0),
    ...(section instanceof Map && Object.fromEntries(section)),
  }
}

function cursors(status: Doc): Writable {
  const open = valueAt(status, 'metrics', 'cursor', 'open', 'total') ?? 0
  const timedOut = valueAt(status, 'metrics', 'cursor', 'timedOut') ?? 0
  const old = status.get('cursors')
  return {
    totalOpen: open,
    clientCursors_size: open,
    timedOut,
    ...(old instanceof Map && Object.fromEntries(old)),
  }
}
