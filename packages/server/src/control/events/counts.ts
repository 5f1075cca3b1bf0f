/** How many events there are, without counting all of a million each time that somebody turns a page. */

/** Counts the events that a question finds from one time on, before another. */
export type CountBetween = (
  fromMs: number | undefined,
  beforeMs: number | undefined,
) => Promise<number>

export interface Counts {
  /** `question` tells it from others. */
  of(question: string, count: CountBetween): Promise<number>
  /** Counts all anew, as some are gone. */
  forget(): void
}

interface Counted {
  readonly beforeMs: number
  readonly number: number
  readonly atMs: number
}

/** What is younger may still come in from another server, whose clock is behind. */
const SETTLED_MS = 60_000
/** Others delete what is old, of which nobody tells. */
const LIFETIME_MS = 600_000
const MOST_QUESTIONS = 200

export function createCounts(now: () => number): Counts {
  const known = new Map<string, Counted>()
  return {
    async of(question, count) {
      const atMs = now()
      const counted = known.get(question)
      if (counted && atMs - counted.atMs < LIFETIME_MS && counted.beforeMs <= atMs) {
        return counted.number + (await count(counted.beforeMs, undefined))
      }
      const beforeMs = atMs - SETTLED_MS
      const number = await count(undefined, beforeMs)
      known.delete(question)
      known.set(question, { beforeMs, number, atMs })
      if (known.size > MOST_QUESTIONS) known.delete(known.keys().next().value as string)
      return number + (await count(beforeMs, undefined))
    },
    forget: () => known.clear(),
  }
}
