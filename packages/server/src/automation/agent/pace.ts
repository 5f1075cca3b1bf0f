/** When what failed is tried again, and what died is started again. */
export interface Pace {
  /** A newer goal is tried at once. */
  reset(): void
  /** At the goal; the next failure is a first one again. */
  arrived(): void
  /** A move was made, so that what was waited for has come. */
  moved(): void
  /** A move failed: how long to wait for the next try, in milliseconds. */
  failed(): number
  /** Something is not there yet: whether it has been waited for so long that somebody should know. */
  waits(): boolean
  /** A process that served died, after so many milliseconds. */
  died(ranMs: number): void
  /** In how many milliseconds one that died may be started; not positive: at once. */
  untilStart(): number
}

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000
/** Who has run for so long is started at once when it dies. */
const STEADY_MS = 60_000
/** What is waited for so long is told as a failure. */
const PATIENCE_MS = 60_000

/** A pace of its own for each process; `now` in milliseconds. */
export function createPace(now: () => number): Pace {
  /** After a move that failed. */
  let delay = FIRST_DELAY_MS
  /** After a process that served has died, which may be soon after each start. */
  let deathDelay = FIRST_DELAY_MS
  /** Before it one that has died is not started again. */
  let startAt = 0
  let waitsSince = 0
  const longer = (ms: number) => Math.min(2 * ms, LONGEST_DELAY_MS)

  return {
    reset() {
      delay = FIRST_DELAY_MS
      deathDelay = FIRST_DELAY_MS
      startAt = 0
      waitsSince = 0
    },
    arrived() {
      delay = FIRST_DELAY_MS
    },
    moved() {
      waitsSince = 0
    },
    failed() {
      delay = longer(delay)
      return delay
    },
    waits() {
      waitsSince ||= now()
      return now() - waitsSince >= PATIENCE_MS
    },
    died(ranMs) {
      if (ranMs >= STEADY_MS) deathDelay = FIRST_DELAY_MS
      startAt = now() + deathDelay
      deathDelay = longer(deathDelay)
    },
    untilStart: () => startAt - now(),
  }
}
