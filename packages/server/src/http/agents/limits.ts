import { refusal } from '../../control/refusal.js'
import { withHeaders } from '../public/error-headers.js'

const MINUTE_MS = 60_000
/** An agent asks every 20 seconds, and reports what has changed. */
const PER_MINUTE = 300
/** Agents that may wait at the same time, of one project. */
const MOST_WAITING = 1000

/** How often agents may call, counted on this server alone. */
export interface Limits {
  /** Throws when somebody has had all calls of this minute. */
  count(who: string): void
  /** Throws when too many wait; otherwise resolves, or rejects, as the work does. */
  waiting<T>(project: string, work: () => Promise<T>): Promise<T>
}

export function limits(now: () => number): Limits {
  const counts = new Map<string, number>()
  const waiting = new Map<string, number>()
  let minute = 0
  return {
    count(who) {
      const at = now()
      const current = Math.floor(at / MINUTE_MS)
      if (current !== minute) counts.clear()
      minute = current
      const count = (counts.get(who) ?? 0) + 1
      counts.set(who, count)
      if (count <= PER_MINUTE) return
      throw tooMany(who, Math.ceil(((current + 1) * MINUTE_MS - at) / 1000))
    },
    async waiting(project, work) {
      const others = waiting.get(project) ?? 0
      if (others >= MOST_WAITING) throw tooMany(project, MINUTE_MS / 1000)
      waiting.set(project, others + 1)
      try {
        return await work()
      } finally {
        const left = (waiting.get(project) ?? 1) - 1
        if (left > 0) waiting.set(project, left)
        else waiting.delete(project)
      }
    },
  }
}

function tooMany(who: string, seconds: number): Error {
  const retryAfter = String(seconds)
  return withHeaders(refusal('TOO_MANY_AGENT_REQUESTS', who, retryAfter), {
    'retry-after': retryAfter,
  })
}
