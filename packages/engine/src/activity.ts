/** Counts what is under way. A counter and no set of promises: it is for what happens very often. */
export interface Activity {
  begin(): void
  end(): void
  /** Resolves when nothing is under way. Only one may wait. */
  idle(): Promise<void>
}

export function createActivity(): Activity {
  let count = 0
  let whenIdle: (() => void) | undefined
  return {
    begin() {
      count++
    },
    end() {
      if (--count === 0) whenIdle?.()
    },
    idle: () =>
      new Promise((resolve) => {
        whenIdle = resolve
        if (count === 0) resolve()
      }),
  }
}
