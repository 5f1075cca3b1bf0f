import type { Store } from './store.js'

/** Tells those who wait for new data that there may be some. */
export interface CommitSignal {
  /** Resolves after the next commit, or when the time is over, or when `waiter.wake` is called. */
  wait(timeoutMs: number, waiter?: Waiter): Promise<void>
}

/** Is given the means to end a wait early. */
export interface Waiter {
  wake?: () => void
}

export function createCommitSignal(store: Pick<Store, 'onCommitted'>): CommitSignal {
  const waiting = new Set<() => void>()
  store.onCommitted(() => {
    if (waiting.size === 0) return
    const all = [...waiting]
    waiting.clear()
    for (const wake of all) wake()
  })
  return {
    wait: (timeoutMs, waiter) =>
      new Promise((resolve) => {
        const timer = setTimeout(wake, timeoutMs)
        function wake(): void {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
        waiting.add(wake)
        if (waiter) waiter.wake = wake
      }),
  }
}
