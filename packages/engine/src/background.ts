/** Work that the engine does by itself, beside commands. */
import type { Catalog } from './catalog/catalog.js'
import { hasDropped, removeDropped } from './catalog/reaper.js'
import type { Store } from './storage/store.js'

/** A job done every so often, never twice at a time; what fails is tried again the next time. */
export function every(intervalMs: number, job: () => Promise<void>): { stop(): Promise<void> } {
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= job()
      .catch(() => {})
      .finally(() => {
        running = undefined
      })
  }, intervalMs).unref()
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

/** Frees the space of what was dropped, a bit at a time. */
export interface Reaper {
  /** There may be something to free. */
  wake(): void
  stop(): Promise<void>
}

export function createReaper(store: Store, catalog: Catalog): Reaper {
  let working: Promise<void> | undefined
  let stopped = false

  async function work(): Promise<void> {
    while (!stopped && hasDropped(store)) {
      await store.write((transaction) => {
        catalog.beginWrite(true)
        removeDropped(transaction)
      })
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  return {
    wake() {
      // When the disk does not take it, the next drop or start tries again.
      working ??= work()
        .catch(() => {})
        .finally(() => {
          working = undefined
        })
    },
    async stop() {
      stopped = true
      await working
    },
  }
}
