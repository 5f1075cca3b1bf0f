/**
 * What an engine counts over its life. Plain numbers in plain objects, so that counting costs an
 * addition. They are exact up to 2^53, and nothing sets them back.
 */
export interface Counters {
  /** Statements and commands by kind, as `opcounters` has them. */
  readonly operations: Record<
    'insert' | 'query' | 'update' | 'delete' | 'getmore' | 'command',
    number
  >
  /** Time in microseconds and number of commands. */
  readonly latencies: Record<'reads' | 'writes' | 'commands' | 'transactions', Latency>
  readonly documents: Record<'returned' | 'inserted' | 'updated' | 'deleted', number>
  readonly connections: { current: number; created: number }
  readonly scanned: { keys: number; documents: number; collections: number; sorts: number }
  /** By command: how often it ran and how often it failed. */
  readonly commands: Map<string, { total: number; failed: number }>
  unknownCommands: number
  /** `user`: errors that callers were told of; `msg`: faults of our own. */
  readonly asserts: { user: number; msg: number }
  writeConflicts: number
  /** Retryable writes that were answered from what an earlier try has done. */
  readonly retried: { commands: number; statements: number }
  readonly ttl: { passes: number; deletedDocuments: number }
  /** By mechanism: logins tried and done. */
  readonly logins: Map<string, LoginCounts>
}

export interface Latency {
  micros: number
  operations: number
}

export interface LoginCounts {
  /** Opened within the handshake, before the client was told the mechanisms. */
  speculative: { received: number; successful: number }
  all: { received: number; successful: number }
}

export function createCounters(): Counters {
  return {
    operations: { insert: 0, query: 0, update: 0, delete: 0, getmore: 0, command: 0 },
    latencies: {
      reads: { micros: 0, operations: 0 },
      writes: { micros: 0, operations: 0 },
      commands: { micros: 0, operations: 0 },
      transactions: { micros: 0, operations: 0 },
    },
    documents: { returned: 0, inserted: 0, updated: 0, deleted: 0 },
    connections: { current: 0, created: 0 },
    scanned: { keys: 0, documents: 0, collections: 0, sorts: 0 },
    commands: new Map(),
    unknownCommands: 0,
    asserts: { user: 0, msg: 0 },
    writeConflicts: 0,
    retried: { commands: 0, statements: 0 },
    ttl: { passes: 0, deletedDocuments: 0 },
    logins: new Map(),
  }
}

/** The counts of a login mechanism, from zero on at its first use. */
export function loginCounts({ logins }: Counters, mechanism: string): LoginCounts {
  let counts = logins.get(mechanism)
  if (!counts) {
    counts = {
      speculative: { received: 0, successful: 0 },
      all: { received: 0, successful: 0 },
    }
    logins.set(mechanism, counts)
  }
  return counts
}
