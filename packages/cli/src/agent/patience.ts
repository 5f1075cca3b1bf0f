import { setTimeout as sleep } from 'node:timers/promises'

/** How long to wait before trying again: longer each time, up to a limit, and never just as long as others. */
export interface Patience {
  /** Resolves when it is time, or when the signal is aborted. */
  pause(signal?: AbortSignal): Promise<void>
  /** It went well: the next wait is a short one again. */
  reset(): void
}

const SHORTEST_MS = 250
const LONGEST_MS = 15_000

export function patience(shortestMs = SHORTEST_MS, longestMs = LONGEST_MS): Patience {
  let nextMs = shortestMs
  return {
    async pause(signal) {
      const waitMs = nextMs * (0.5 + Math.random() / 2)
      nextMs = Math.min(nextMs * 2, longestMs)
      await sleep(waitMs, undefined, { signal }).catch((error: unknown) => {
        if (!signal?.aborted) throw error
      })
    },
    reset() {
      nextMs = shortestMs
    },
  }
}
