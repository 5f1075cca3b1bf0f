import { refusal } from '../../control/refusal.js'
import { withHeaders } from '../public/error-headers.js'

const MINUTE_MS = 60_000
/** Of one agent, which asks every 20 seconds, and reports what has changed. */
export const AGENT_CALLS = 300
/** Of all agents of a project at one address, behind which there may be a whole network. */
export const ADDRESS_CALLS = 6000
/** Agents that may wait at the same time, of one project. */
const MOST_WAITING = 1000

/** How often agents may call, counted on this server alone. */
export interface Limits {
  /** Throws when somebody has had all calls of this minute, which are so many. */
  count(who: string, most: number): void
  /** Throws when too many wait; otherwise resolves, or rejects, as the work does. */
  waiting<T>(project: string, work: () => Promise<T>): Promise<T>
}

export function limits(now: () => number): Limits {
  const counts = new Map<string, number>()
  const waiting = new Map<string, number>()
  let minute = 0
  return {
    count(who, most) {
      const at = now()
      const current = Math.floor(at / MINUTE_MS)
      if (current !== minute) counts.clear()
      minute = current
      const count = (counts.get(who) ?? 0) + 1
      counts.set(who, count)
      if (count <= most) return
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
