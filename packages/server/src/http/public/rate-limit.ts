import { refusal } from '../../control/refusal.js'
import { withHeaders } from './error-headers.js'

/** Counts calls by name within a period of time, and says the how many-th this was. */
export type CountCalls = (name: string, period: number) => Promise<number> | number

const MINUTE_MS = 60_000

/** Calls to a project within one minute of the clock, whoever makes them. */
export interface RateLimit {
  /** Rejects when the project has had all its calls of this minute. */
  count(project: string): Promise<void>
}

export function rateLimit(limit: number, count: CountCalls, now: () => number): RateLimit {
  return {
    async count(project) {
      if (limit === 0) return
      const at = now()
      const minute = Math.floor(at / MINUTE_MS)
      if ((await count(project, minute)) <= limit) return
      const retryAfter = Math.ceil(((minute + 1) * MINUTE_MS - at) / 1000)
      throw withHeaders(refusal('RATE_LIMITED', project), { 'retry-after': String(retryAfter) })
    },
  }
}

/** Counts of this server alone, in memory. */
export function localCounts(): CountCalls {
  let current = 0
  const counts = new Map<string, number>()
  return (name, period) => {
    if (period !== current) counts.clear()
    current = period
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count
  }
}
