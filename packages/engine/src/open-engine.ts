import { encodeDocument, type Writable } from '@gantry/bson'
import { createActivity } from './activity.js'
import { createReaper, every } from './background.js'
import { removeExpired } from './commands/ttl-monitor.js'
import { type DataSnapshot, takeSnapshot } from './data-snapshot.js'
import { dispatch } from './dispatch.js'
import type { CommandMessage, Engine, Reply } from './engine.js'
import type { LogEntry } from './observe/log.js'
import { openParts } from './open-parts.js'
import { shutDown } from './operations.js'
import { createSession, endSession, type Session } from './session.js'

export interface EngineOptions {
  /** Is handed each entry of the engine's log, with its line as MongoDB writes it. The latest are kept for `getLog` in any case. */
  readonly log?: (entry: LogEntry, line: string) => void
  /** The folder of the data; made when it is not there. */
  readonly path: string
  /** The name of the replica set whose only member the engine presents itself as. Default: `gantry`. */
  readonly setName?: string
  /** How often documents that have expired are removed, in seconds. Default: 60. */
  readonly ttlMonitorSleepSecs?: number
  /** Commands of `admin`, such as `setParameter`, run before anybody is served; opening fails where one does. */
  readonly first?: readonly { readonly [field: string]: Writable }[]
  /** Milliseconds since 1970; the system's clock unless a test sets another. */
  readonly now?: () => number
}

/** An engine whose data are in a folder. */
export interface FolderEngine extends Engine {
  /** Everything as it is now, to be copied; see there for what holding it costs. Closing the engine releases it. */
  snapshot(): Promise<DataSnapshot>
  /**
   * Refuses what would make the data grow with `OutOfDiskSpace` and this reason, until called
   * with undefined. Reading, deleting and what makes documents no larger goes on.
   */
  refuseGrowth(reason: string | undefined): void
  /** Removes documents that have expired, as it does by itself every so often. */
  removeExpired(): Promise<void>
}

/** How often idle cursors and sessions are looked for. */
const HOUSEKEEPING_MS = 60_000

/** Opens the database in a folder. Only one engine may have a folder open at a time. */
export async function openEngine(options: EngineOptions): Promise<FolderEngine> {
  const { path, setName = 'gantry', ttlMonitorSleepSecs = 60, now = Date.now, log } = options
  const sessions = new Set<Session>()
  const parts = await openParts({ path, setName, now, log, sessions })
  const { catalog, cursors, logicalSessions, observer, operations, oplog, spill, store } = parts
  const activity = createActivity()
  const snapshots = new Set<() => void>()
  let lastSession = 0
  const internal = createSession(++lastSession, { internal: true })
  let closed: Promise<void> | undefined
  const reaper = createReaper(store, catalog)
  reaper.wake()
  const jobs = [
    every(ttlMonitorSleepSecs * 1000, expire),
    every(HOUSEKEEPING_MS, async () => {
      cursors.closeIdle(now())
      parts.pastReads.expire()
      await logicalSessions.expire()
    }),
  ]

  /** Removes expired documents. */
  function expire(): Promise<void> {
    const { ttl } = observer.counters
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

  async function run(session: Session, message: CommandMessage): Promise<Reply> {
    if (closed !== undefined) throw shutDown()
    const { drops } = catalog
    activity.begin()
    try {
      return await dispatch(parts, session, message)
    } finally {
      if (catalog.drops !== drops) reaper.wake()
      activity.end()
    }
  }

  async function shut(): Promise<void> {
    operations.shutDown()
    logicalSessions.abortAll()
    parts.pastReads.close()
    parts.writeLock.unlockAll()
    for (const session of sessions) {
      cursors.killAllOf(session)
      endSession(session)
    }
    for (const release of snapshots) release()
    await activity.idle()
    await Promise.all(jobs.map((job) => job.stop()))
    await observer.settle()
    await reaper.stop()
    await spill.close()
    await store.close()
  }

  const engine: FolderEngine = {
    connect(origin = {}) {
      const session = createSession(++lastSession, origin)
      sessions.add(session)
      observer.connected(session)
      return session
    },
    disconnect(session) {
      endSession(session)
      if (sessions.delete(session)) observer.disconnected(session)
    },
    network: parts.network,
    run,
    removeExpired: expire,
    refuseGrowth(reason) {
      catalog.growth.refusal = reason
    },
    async snapshot() {
      if (closed !== undefined) throw shutDown()
      const taken = await takeSnapshot(store)
      const release = () => {
        snapshots.delete(release)
        taken.release()
      }
      snapshots.add(release)
      return { ...taken, release }
    },
    operationTime: () => (oplog.clock.latest.t > 0 ? oplog.clock.latest : undefined),
    close() {
      closed ??= shut()
      return closed
    },
  }
  try {
    for (const command of options.first ?? []) {
      await run(internal, { body: encodeDocument({ ...command, $db: 'admin' }) })
    }
    return engine
  } catch (error) {
    await engine.close()
    throw error
  }
}
