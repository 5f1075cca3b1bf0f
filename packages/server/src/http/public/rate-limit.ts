import { refusal } from '../../control/refusal.js'
import type { RequestCounts } from '../../control/request-counts/request-counts.js'
import { withHeaders } from './error-headers.js'

const MINUTE_MS = 60_000

/** Calls to a project within one minute of the clock, whoever makes them. */
export interface RateLimit {
  /** Rejects when the project has had all its calls of this minute. */
  count(project: string): Promise<void>
}

export function rateLimit(limit: number, calls: RequestCounts, now: () => number): RateLimit {
  return {
    async count(project) {
      if (limit === 0) return
      const at = now()
      const minuteMs = at - (at % MINUTE_MS)
      if ((await calls.count(project, minuteMs / 1000)) <= limit) return
      const retryAfter = Math.ceil((minuteMs + MINUTE_MS - at) / 1000)
      throw withHeaders(refusal('RATE_LIMITED', project), { 'retry-after': String(retryAfter) })
    },
  }
}
