import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openCatalog } from './catalog/catalog.js'
import { dropUnfinishedIndexes, writeFormat } from './catalog/recovery.js'
import { openUsers } from './catalog/users.js'
import { createCursorRegistry } from './commands/cursors.js'
import { createIdentity, SERVER_VERSION } from './commands/server-identity.js'
import type { EngineParts } from './dispatch.js'
import type { NetworkCounters } from './engine.js'
import { createLog, type Log, type LogEntry, STARTUP } from './observe/log.js'
import { createObserver } from './observe/observer.js'
import { createOperations } from './operations.js'
import { openOplog } from './oplog/oplog.js'
import type { Session } from './session.js'
import { createLogicalSessions } from './sessions/logical-session.js'
import { openSpillStore } from './spill/spill-store.js'
import { createCommitSignal } from './storage/commit-signal.js'
import { openStore } from './storage/store.js'
import { createConflictTable } from './transactions/conflicts.js'
import { createPastReads } from './transactions/past-reads.js'
import { createPlainWrite } from './transactions/plain-write-queue.js'
import { createWriteLock } from './transactions/write-lock.js'

export interface PartsOptions {
  /** The folder of the data; made when it is not there. */
  readonly path: string
  /** The name of the replica set whose only member the engine presents itself as. */
  readonly setName: string
  readonly now: () => number
  /** Who is connected; kept by the caller. */
  readonly sessions: ReadonlySet<Session>
  readonly log?: (entry: LogEntry, line: string) => void
}

/** Opens the data in a folder and builds what commands work with. */
export async function openParts({
  path,
  setName,
  now,
  sessions,
  log: sink,
}: PartsOptions): Promise<EngineParts> {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const store = openStore(path)
  const catalog = openCatalog(store)
  await writeFormat(store)
  await dropUnfinishedIndexes(store, catalog)
  const conflicts = createConflictTable()
  const oplog = openOplog(store, now)
  const writeLock = createWriteLock()
  const write = createPlainWrite(store, catalog, conflicts, oplog, writeLock)
  const log = createLog({ now, sink })
  const parts: EngineParts = {
    catalog,
    store,
    cursors: createCursorRegistry(now),
    spill: openSpillStore(join(path, 'spill')),
    oplog,
    writeLock,
    pastReads: createPastReads({ store, catalog, oplog, now }),
    commits: createCommitSignal(store),
    users: await openUsers(catalog, write),
    identity: createIdentity(setName, now()),
    logicalSessions: createLogicalSessions({ store, catalog, conflicts, oplog }, now),
    operations: createOperations(now),
    observer: createObserver({ log, now, catalog, write }),
    network: newNetworkCounters(),
    sessions,
    now,
    define: write,
    plainCatalog: catalog,
  }
  logOpening(log, path, setName)
  return parts
}

function newNetworkCounters(): NetworkCounters {
  return { bytesIn: 0, bytesOut: 0, physicalBytesIn: 0, physicalBytesOut: 0, requests: 0 }
}

function logOpening(log: Log, path: string, setName: string): void {
  log.write({
    severity: 'I',
    component: 'STORAGE',
    id: 7_300_001,
    context: STARTUP,
    message: 'Data opened',
    attributes: { path, setName, pid: process.pid, version: SERVER_VERSION },
  })
}
