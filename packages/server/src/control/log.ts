/** Where control says what it did by itself, for the server's own log. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** A log that is not there yet: what is said before `to` has named one is said then. */
export interface LateLog extends Log {
  to(log: Log): void
}

/** What is said before there is a log is kept up to here. */
const MOST_KEPT = 1000

export function createLateLog(): LateLog {
  let there: Log | undefined
  const kept: ((log: Log) => void)[] = []
  const say = (entry: (log: Log) => void) => {
    if (there) entry(there)
    else if (kept.length < MOST_KEPT) kept.push(entry)
  }
  return {
    info: (fields, message) => say((log) => log.info(fields, message)),
    warn: (fields, message) => say((log) => log.warn(fields, message)),
    error: (fields, message) => say((log) => log.error(fields, message)),
    to(log) {
      there = log
      for (const entry of kept.splice(0)) entry(log)
    },
  }
}
