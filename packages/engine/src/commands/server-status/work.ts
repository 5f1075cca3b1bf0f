/** Sections of `serverStatus` about what the engine has done and is doing. */
import type { Writable } from '@gantry/bson'
import type { Reply } from '../../engine.js'
import type { Latency } from '../../observe/counters.js'
import type { CommandContext } from '../command.js'
import { integer } from '../sizes.js'

/** MongoDB counts these in int32 and starts anew when they are full, here they go on as int64. */
export function asserts({ observer }: CommandContext): Reply {
  const { user, msg } = observer.counters.asserts
  return {
    regular: 0,
    warning: 0,
    msg: integer(msg),
    user: integer(user),
    tripwire: 0,
    rollovers: 0,
  }
}

export function opcounters({ observer }: CommandContext): Reply {
  const counted = Object.entries(observer.counters.operations)
  return Object.fromEntries(counted.map(([name, count]) => [name, BigInt(count)]))
}

/** A set of one member replays nothing. */
export function opcountersRepl(): Reply {
  return { insert: 0n, query: 0n, update: 0n, delete: 0n, getmore: 0n, command: 0n }
}

export function opLatencies({ observer }: CommandContext): Reply {
  const { reads, writes, commands, transactions } = observer.counters.latencies
  return {
    reads: latency(reads),
    writes: latency(writes),
    commands: latency(commands),
    transactions: latency(transactions),
  }
}

function latency({ micros, operations }: Latency): Writable {
  return { latency: BigInt(micros), ops: BigInt(operations), queryableEncryptionLatencyMicros: 0n }
}

export function globalLock({ identity, now, operations, operation }: CommandContext): Reply {
  const running = operations.list().filter((other) => other !== operation && !other.waits)
  const readers = running.filter(({ kind }) => kind.latency === 'reads').length
  const writers = running.filter(({ kind }) => kind.latency === 'writes').length
  return {
    totalTime: BigInt(now() - identity.startedMs) * 1000n,
    // Nobody waits for a lock: there are none.
    currentQueue: { total: 0, readers: 0, writers: 0 },
    activeClients: { total: readers + writers, readers, writers },
  }
}

/** The engine takes no locks of these kinds. */
export function locks(): Reply {
  const none = { acquireCount: { r: 0n, w: 0n, R: 0n, W: 0n } }
  return { Global: none, Database: none, Collection: none }
}

export function transactions({ logicalSessions, operations, observer }: CommandContext): Reply {
  const { totals, openTransactions } = logicalSessions
  const active = new Set(operations.list().flatMap(({ transaction }) => transaction ?? [])).size
  return {
    retriedCommandsCount: BigInt(observer.counters.retried.commands),
    retriedStatementsCount: BigInt(observer.counters.retried.statements),
    transactionsCollectionWriteCount: 0n,
    currentActive: BigInt(active),
    currentInactive: BigInt(Math.max(0, openTransactions - active)),
    currentOpen: BigInt(openTransactions),
    totalAborted: BigInt(totals.aborted),
    totalCommitted: BigInt(totals.committed),
    totalStarted: BigInt(totals.started),
    totalPrepared: 0n,
    totalPreparedThenCommitted: 0n,
    totalPreparedThenAborted: 0n,
    currentPrepared: 0n,
  }
}

export function metrics(context: CommandContext): Reply {
  const { observer, spill } = context
  const { counters } = observer
  const { documents, scanned } = counters
  const scans = { nonTailable: BigInt(scanned.collections), total: BigInt(scanned.collections) }
  return {
    commands: commandCounts(context),
    cursor: cursorCounts(context),
    document: {
      deleted: BigInt(documents.deleted),
      inserted: BigInt(documents.inserted),
      returned: BigInt(documents.returned),
      updated: BigInt(documents.updated),
    },
    operation: {
      scanAndOrder: BigInt(scanned.sorts),
      writeConflicts: BigInt(counters.writeConflicts),
    },
    query: {
      group: { spills: BigInt(spill.files.group) },
      sort: { spillToDisk: BigInt(spill.files.sort) },
    },
    queryExecutor: {
      scanned: BigInt(scanned.keys),
      scannedObjects: BigInt(scanned.documents),
      collectionScans: scans,
    },
    getLastError: { wtime: { num: 0, totalMillis: 0 }, wtimeouts: 0n },
    record: { moves: 0n },
    repl: replication(),
    ttl: {
      deletedDocuments: BigInt(counters.ttl.deletedDocuments),
      passes: BigInt(counters.ttl.passes),
    },
  }
}

function commandCounts({ observer }: CommandContext): Writable {
  const { commands, unknownCommands } = observer.counters
  const counts = [...commands].sort(([a], [b]) => (a < b ? -1 : 1))
  const entries = counts.map(
    ([name, { total, failed }]) =>
      [name, { failed: BigInt(failed), total: BigInt(total) }] as const,
  )
  return { '<UNKNOWN>': BigInt(unknownCommands), ...Object.fromEntries(entries) }
}

function cursorCounts({ cursors }: CommandContext): Writable {
  const pinned = cursors.list().filter(({ busy }) => busy).length
  return {
    timedOut: BigInt(cursors.timedOut),
    totalOpened: BigInt(cursors.opened),
    open: { noTimeout: 0n, pinned: BigInt(pinned), total: BigInt(cursors.size) },
  }
}

/** A set of one member fetches and applies nothing. */
function replication(): Writable {
  return {
    apply: { batches: { num: 0, totalMillis: 0 }, ops: 0n },
    buffer: { count: 0n, maxSizeBytes: 0n, sizeBytes: 0n },
    network: { bytes: 0n, getmores: { num: 0, totalMillis: 0 }, ops: 0n, readersCreated: 0n },
  }
}
