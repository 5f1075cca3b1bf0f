import type { Timestamp } from '@gantry/bson'
import type { Catalog } from '../catalog/catalog.js'
import { CommandError } from '../errors.js'
import type { Operation } from '../operations.js'
import type { Session } from '../session.js'
import type { LogicalSession } from '../sessions/logical-session.js'
import type { CommitSignal } from '../storage/commit-signal.js'
import type { View } from '../storage/view.js'

/** What reading takes: what there is, what is seen of it, and when to let others in. */
export interface ReadContext {
  readonly catalog: Catalog
  readonly view: View
  readonly commits: CommitSignal
  /** On whose behalf the reading is: what it takes is booked there. */
  readonly operation: Operation
  /** Milliseconds since 1970. */
  now(): number
  /** Lets others use the event loop; throws when the command was killed or its time is over. */
  breathe(): Promise<void>
}

/** Where more results of a query come from. */
export interface CursorSource {
  /** Collects the next batch, on behalf of the command that asks for it. */
  next(context: ReadContext, request: BatchRequest): Promise<Batch>
  /** The time whose data it shows, when that is not the present. */
  readonly atClusterTime?: Timestamp
  /** Waits for further results at its end, for as long as a `getMore` says. */
  readonly awaitsData?: boolean
  close?(): void
}

export interface BatchRequest {
  readonly batchSize: number
  /** How long to wait for a first result, where there is waiting; in milliseconds. */
  readonly waitMs?: number
}

export interface Batch {
  readonly docs: readonly Buffer[]
  /** There is nothing after this batch. */
  readonly done: boolean
  /** Of a change stream: the token from which it goes on after the batch. */
  readonly postBatchResumeToken?: Buffer
}

export interface CursorScope {
  readonly logicalSession?: LogicalSession
  /** Of a multi-document transaction. */
  readonly txnNumber?: bigint
}

export interface Cursor {
  readonly id: bigint
  readonly namespace: string
  readonly session: Session
  /** The logical session and the transaction that it was made in, and can only be read in. */
  readonly within: CursorScope
  readonly source: CursorSource
  lastUsedMs: number
  busy: boolean
}

/** Idle cursors are closed after this time, as MongoDB does, unless another is set. */
const CURSOR_TIMEOUT_MS = 10 * 60 * 1000

/** The open cursors of an engine. */
export interface CursorRegistry {
  open(namespace: string, session: Session, source: CursorSource, within?: CursorScope): Cursor
  /** The cursor with an id, for one use at a time: release it when done. */
  acquire(id: bigint, namespace: string): Cursor
  release(cursor: Cursor): void
  get(id: bigint): Cursor | undefined
  /** Says whether there was such a cursor. */
  kill(id: bigint): boolean
  killAllOf(session: Session): void
  /** Closes the cursors that were made in a logical session. */
  killAllWithin(session: LogicalSession): void
  closeIdle(nowMs: number): void
  list(): Cursor[]
  /** After which idle cursors are closed. */
  timeoutMs: number
  readonly size: number
  /** Cursors registered so far, and those closed for being idle. */
  readonly opened: number
  readonly timedOut: number
}

export function createCursorRegistry(now: () => number): CursorRegistry {
  const cursors = new Map<bigint, Cursor>()
  let opened = 0
  let timedOut = 0

  function close(cursor: Cursor): void {
    cursors.delete(cursor.id)
    cursor.source.close?.()
  }

  const registry: CursorRegistry = {
    timeoutMs: CURSOR_TIMEOUT_MS,
    open(namespace, session, source, within = {}) {
      const cursor = {
        id: newCursorId(cursors),
        namespace,
        session,
        within,
        source,
        lastUsedMs: now(),
        busy: false,
      }
      cursors.set(cursor.id, cursor)
      opened++
      return cursor
    },
    acquire(id, namespace) {
      const cursor = cursors.get(id)
      if (!cursor) throw new CommandError('CursorNotFound', `cursor id ${id} not found`)
      if (cursor.namespace !== namespace) {
        throw new CommandError(
          'Unauthorized',
          `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
        )
      }
      if (cursor.busy) throw new CommandError('CursorInUse', `cursor id ${id} is already in use`)
      cursor.busy = true
      return cursor
    },
    release(cursor) {
      cursor.busy = false
      cursor.lastUsedMs = now()
    },
    get: (id) => cursors.get(id),
    kill(id) {
      const cursor = cursors.get(id)
      if (cursor) close(cursor)
      return cursor !== undefined
    },
    killAllOf(session) {
      for (const cursor of cursors.values()) if (cursor.session === session) close(cursor)
    },
    killAllWithin(session) {
      for (const cursor of cursors.values()) {
        if (cursor.within.logicalSession === session) close(cursor)
      }
    },
    closeIdle(nowMs) {
      for (const cursor of cursors.values()) {
        if (cursor.busy || nowMs - cursor.lastUsedMs < registry.timeoutMs) continue
        timedOut++
        close(cursor)
      }
    },
    list: () => [...cursors.values()],
    get opened() {
      return opened
    },
    get size() {
      return cursors.size
    },
    get timedOut() {
      return timedOut
    },
  }
  return registry
}

/** Random, so that ids cannot be guessed from one another; positive, as some drivers want. */
function newCursorId(taken: ReadonlyMap<bigint, unknown>): bigint {
  for (;;) {
    const high = Math.floor(Math.random() * 0x7fffffff)
    const low = Math.floor(Math.random() * 0x100000000)
    const id = (BigInt(high) << 32n) | BigInt(low)
    if (id !== 0n && !taken.has(id)) return id
  }
}
