/** Things that are asked for elsewhere, and what they were when they could be had last. */
export interface Memory<T> {
  /**
   * What a thing is, a few seconds old at most, or what it was last; undefined when it has
   * never been had. Never rejects, and waits no longer than a client would.
   */
  recall(key: string, read: () => Promise<T>): Promise<T | undefined>
  /** When it was last tried without success; undefined when the last try went well. */
  failedMs(key: string): number | undefined
  forget(key: string): void
}

interface Item<T> {
  last?: T
  triedMs: number
  failedMs?: number
  trying?: Promise<void>
}

const FRESH_MS = 5_000
const PATIENCE_MS = 3_000

export function createMemory<T>(now: () => number = Date.now): Memory<T> {
  const items = new Map<string, Item<T>>()

  async function attempt(item: Item<T>, read: () => Promise<T>): Promise<void> {
    try {
      item.last = await read()
      item.failedMs = undefined
    } catch {
      item.failedMs = now()
    } finally {
      item.triedMs = now()
      item.trying = undefined
    }
  }

  return {
    async recall(key, read) {
      const item = items.get(key) ?? { triedMs: Number.NEGATIVE_INFINITY }
      items.set(key, item)
      if (now() - item.triedMs >= FRESH_MS) {
        item.trying ??= attempt(item, read)
        await withinPatience(item.trying)
      }
      return item.last
    },
    failedMs: (key) => items.get(key)?.failedMs,
    forget: (key) => void items.delete(key),
  }
}

/** Resolves when work is done or a client would not wait any longer; the work goes on. */
async function withinPatience(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS)
  })
  await Promise.race([work, patience])
  clearTimeout(timer)
}
