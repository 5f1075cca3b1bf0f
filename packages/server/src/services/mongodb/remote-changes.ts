import { setTimeout as pause } from 'node:timers/promises'
import type { ChangeStream } from 'mongodb'
import type { RemoteDeployment } from './remote.js'

/** Who is told of changes to a database. */
export interface ChangeListener {
  /** Something in this collection has changed; every change is followed by a call, not always by one of its own. */
  changed(collection: string): void
  /** Anything may have changed without a call; also at the beginning. */
  missed(): void
  readonly warn: (message: string) => void
}

export interface ChangeWatch {
  close(): Promise<void>
}

/** How often all is looked at where the server cannot tell of changes. */
const POLL_MS = 2_000
const AFTER_FAILURE_MS = 1_000

/** Codes of servers that have no change streams: those that are no members of a replica set, and others. */
const NO_CHANGE_STREAMS = new Set([40573, 59, 115, 238])

/**
 * Tells of all changes to a database until it is closed. The driver takes up the stream after
 * a lost connection where it was; where that is impossible all counts as missed. Without
 * change streams all counts as missed every two seconds.
 */
export function watchChanges(
  { client }: RemoteDeployment,
  db: string,
  { changed, missed, warn }: ChangeListener,
): ChangeWatch {
  const closing = new AbortController()
  const { signal } = closing
  let stream: ChangeStream | undefined

  async function follow(): Promise<void> {
    stream = client.db(db).watch([{ $project: { ns: 1 } }])
    // Opens the stream, so that what happens while all is read comes as a change.
    let event = await stream.tryNext()
    missed()
    for (;;) {
      if (event && 'ns' in event && 'coll' in event.ns) changed(event.ns.coll)
      else if (event) missed()
      event = await stream.next()
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await follow()
      } catch (error) {
        await stream?.close().catch(() => {})
        if (signal.aborted) return
        if (NO_CHANGE_STREAMS.has(Number((error as { code?: unknown }).code))) return poll()
        warn(`changes to the shared state cannot be followed just now: ${(error as Error).message}`)
        await sleep(AFTER_FAILURE_MS)
      }
    }
  }

  async function poll(): Promise<void> {
    while (!signal.aborted) {
      missed()
      await sleep(POLL_MS)
    }
  }

  const sleep = (ms: number) => pause(ms, undefined, { signal }).catch(() => {})
  const running = run()

  return {
    async close() {
      closing.abort()
      await stream?.close().catch(() => {})
      await running
    },
  }
}
