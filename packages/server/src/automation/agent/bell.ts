/** Wakes one who sleeps; a ring while nobody does is not lost. */
export interface Bell {
  ring(): void
  /** Resolves at a ring, or after `ms`; undefined: only at a ring. */
  wait(ms?: number): Promise<void>
}

/** Longest delay of a timer. */
const LONGEST_MS = 2 ** 31 - 1

export function createBell(): Bell {
  let rung = false
  let wake = () => {}

  function sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, Math.min(ms, LONGEST_MS))
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return {
    ring() {
      rung = true
      wake()
    },
    async wait(ms) {
      if (!rung) await sleep(ms)
      rung = false
    },
  }
}
