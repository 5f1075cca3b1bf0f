import type { Events } from './events.js'

/** Keeps the audit log from growing for ever. */
export interface Trimming {
  /** Deletes what is too old now, and from time to time; several servers may do so at once. */
  start(): void
  stop(): Promise<void>
}

/** What is trimmed, and how far back. */
export interface TrimmingOptions {
  readonly events: Pick<Events, 'trim'>
  /** 0: events are kept for ever. */
  readonly keepDays: number
  readonly failed: (error: unknown) => void
  readonly now?: () => number
}

const DAY_MS = 24 * 3_600_000
const EVERY_MS = 3_600_000

/** Nothing is deleted before `start`. */
export function createTrimming(options: TrimmingOptions): Trimming {
  const { events, keepDays, failed, now = Date.now } = options
  let timer: NodeJS.Timeout | undefined
  let trimming: Promise<unknown> = Promise.resolve()

  function trim(): void {
    trimming = trimming.then(() => events.trim(now() - keepDays * DAY_MS)).catch(failed)
  }

  return {
    start() {
      if (keepDays === 0) return
      trim()
      timer = setInterval(trim, EVERY_MS)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await trimming
    },
  }
}
