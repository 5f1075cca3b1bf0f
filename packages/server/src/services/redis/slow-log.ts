import type { SlowCommand } from '../driver.js'
import type { Reply } from './connection.js'

/** What `SLOWLOG GET` answers, newest first. */
export function readSlowLog(reply: Reply): SlowCommand[] {
  const entries = Array.isArray(reply) ? (reply as readonly Reply[]) : []
  return entries.flatMap((entry) => {
    if (!Array.isArray(entry)) return []
    const [id, seconds, micros, words, client, clientName] = entry as readonly Reply[]
    return {
      id: Number(id),
      atMs: Number(seconds) * 1000,
      micros: Number(micros),
      command: Array.isArray(words) ? words.map(String) : [],
      client: String(client ?? ''),
      clientName: String(clientName ?? ''),
    }
  })
}
