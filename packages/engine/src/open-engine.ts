import { mkdirSync } from 'node:fs'
import { openCatalog } from './catalog/catalog.js'
import { hasDropped, removeDropped } from './catalog/reaper.js'
import { dropUnfinishedIndexes, writeFormat } from './catalog/recovery.js'
import { openUsers } from './catalog/users.js'
import { createCursorRegistry } from './commands/cursors.js'
import { createIdentity, SERVER_VERSION } from './commands/server-identity.js'
import { removeExpired } from './commands/ttl-monitor.js'
import { dispatch, type EngineParts } from './dispatch.js'
import type { CommandMessage, Engine, NetworkCounters, Reply } from './engine.js'
import { createLog, type LogEntry, STARTUP } from './observe/log.js'
import { createObserver } from './observe/observer.js'
import { createOperations, shutDown } from './operations.js'
import { openOplog } from './oplog/oplog.js'
import { createSession, endSession, type Session } from './session.js'
import { createLogicalSessions } from './sessions/logical-session.js'
import { createCommitSignal } from './storage/commit-signal.js'
import { openStore } from './storage/store.js'
import { createConflictTable } from './transactions/conflicts.js'
import { createPlainWrite } from './transactions/plain-write-queue.js'

export interface EngineOptions {
  /** Is handed each entry of the engine's log, with its line as MongoDB writes it. The latest are kept for `getLog` in any case. */
  readonly log?: (entry: LogEntry, line: string) => void
  /** The folder of the data; made when it is not there. */
  readonly path: string
  /** The name of the replica set whose only member the engine presents itself as. Default: `gantry`. */
  readonly setName?: string
  /** How often documents that have expired are removed, in seconds. Default: 60. */
  readonly ttlMonitorSleepSecs?: number
  /** Milliseconds since 1970; the system's clock unless a test sets another. */
  readonly now?: () => number
}

/** An engine whose data are in a folder. */
export interface FolderEngine extends Engine {
  /** Removes documents that have expired, as it does by itself every so often. */
  removeExpired(): Promise<void>
}

/** How often idle cursors are looked for. */
const HOUSEKEEPING_MS = 60_000

/** Opens the database in a folder. Only one engine may have a folder open at a time. */
export async function openEngine(options: EngineOptions): Promise<FolderEngine> {
  const { path, setName = 'gantry', ttlMonitorSleepSecs = 60, now = Date.now } = options
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const store = openStore(path)
  const catalog = openCatalog(store)
  await writeFormat(store)
  await dropUnfinishedIndexes(store, catalog)
  const conflicts = createConflictTable()
  const oplog = openOplog(store, now)
  const write = createPlainWrite(store, catalog, conflicts, oplog)
  const users = await openUsers(catalog, write)
  const identity = createIdentity(setName, now())
  const cursors = createCursorRegistry(now)
  const logicalSessions = createLogicalSessions({ store, catalog, conflicts, oplog }, now)
  const log = createLog({ now, sink: options.log })
  const network = newNetworkCounters()
  const sessions = new Set<Session>()
  const running = new Set<Promise<Reply>>()
  let lastSession = 0
  const internal = createSession(++lastSession, { internal: true })
  let expiring: Promise<void> | undefined
  let closing = false
  let closed: Promise<void> | undefined
  let reaping: Promise<void> | undefined
  reap()
  const housekeeping = setInterval(() => {
    cursors.closeIdle(now())
    void logicalSessions.expire().catch(() => {})
  }, HOUSEKEEPING_MS).unref()

  const removing = setInterval(() => {
    if (expiring !== undefined) return
    // What fails now is tried again the next time.
    expiring = expire()
      .catch(() => {})
      .finally(() => {
        expiring = undefined
      })
  }, ttlMonitorSleepSecs * 1000).unref()

  /** Removes expired documents. */
  function expire(): Promise<void> {
    const { ttl } = parts.observer.counters
    ttl.passes++
    return removeExpired({
      catalog,
      now,
      async run(body) {
        const { n } = await run(internal, { body })
        ttl.deletedDocuments += Number(n)
      },
    })
  }

  /** Frees the space of what was dropped, a bit at a time. */
  function reap(): void {
    if (reaping || closing || !hasDropped(store)) return
    reaping = store
      .write((transaction) => {
        catalog.beginWrite(true)
        removeDropped(transaction)
      })
      .then(turn)
      .then(
        () => {
          reaping = undefined
          reap()
        },
        // The disk does not take it: the next drop or start tries again.
        () => {
          reaping = undefined
        },
      )
  }

  const parts: EngineParts = {
    catalog,
    store,
    cursors,
    oplog,
    commits: createCommitSignal(store),
    users,
    identity,
    logicalSessions,
    operations: createOperations(now),
    observer: createObserver({ log, now, catalog, write }),
    network,
    sessions,
    now,
    define: write,
    plainCatalog: catalog,
  }

  function run(session: Session, message: CommandMessage): Promise<Reply> {
    if (closing) return Promise.reject(shutDown())
    const reply = runCommand(session, message)
    running.add(reply)
    const ended = () => running.delete(reply)
    reply.then(ended, ended)
    return reply
  }

  async function shut(): Promise<void> {
    closing = true
    clearInterval(housekeeping)
    clearInterval(removing)
    parts.operations.shutDown()
    logicalSessions.abortAll()
    for (const session of sessions) {
      cursors.killAllOf(session)
      endSession(session)
    }
    while (running.size > 0) await Promise.allSettled(running)
    await parts.observer.settle()
    await reaping
    await store.close()
  }

  async function runCommand(session: Session, message: CommandMessage): Promise<Reply> {
    const { drops } = catalog
    try {
      return await dispatch(parts, session, message)
    } finally {
      if (catalog.drops !== drops) reap()
    }
  }

  log.write({
    severity: 'I',
    component: 'STORAGE',
    id: 7_300_001,
    context: STARTUP,
    message: 'Data opened',
    attributes: { path, setName, pid: process.pid, version: SERVER_VERSION },
  })
  return {
    connect(origin = {}) {
      const session = createSession(++lastSession, origin)
      sessions.add(session)
      parts.observer.connected(session)
      return session
    },
    disconnect(session) {
      endSession(session)
      if (sessions.delete(session)) parts.observer.disconnected(session)
    },
    network,
    run,
    removeExpired: expire,
    operationTime: () => (oplog.clock.latest.t > 0 ? oplog.clock.latest : undefined),
    close() {
      closed ??= shut()
      return closed
    },
  }
}

function newNetworkCounters(): NetworkCounters {
  return { bytesIn: 0, bytesOut: 0, physicalBytesIn: 0, physicalBytesOut: 0, requests: 0 }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
