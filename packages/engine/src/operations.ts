import { CommandError } from './errors.js'
import type { Session } from './session.js'

/** A command under way. */
export interface Operation {
  readonly opid: number
  readonly session: Session
  readonly command: string
  readonly db: string
  readonly body: Buffer
  readonly startedMs: number
  /** When its time is over, in milliseconds since 1970; no limit when undefined. */
  deadlineMs?: number
  killed: boolean
}

/** The commands that are running, so that they can be shown and killed. */
export interface Operations {
  start(session: Session, command: string, db: string, body: Buffer): Operation
  end(operation: Operation): void
  list(): Operation[]
  /** Marks an operation as killed: it ends the next time it lets others in. */
  kill(opid: number): boolean
  /** Throws when an operation was killed, its time is over or the engine is closing. */
  check(operation: Operation): void
  /** The engine is closing: operations end the next time they let others in. */
  shutDown(): void
}

export function shutDown(): CommandError {
  return new CommandError('InterruptedAtShutdown', 'interrupted at shutdown')
}

export function createOperations(now: () => number): Operations {
  const running = new Map<number, Operation>()
  let lastId = 0
  let closing = false
  return {
    start(session, command, db, body) {
      const operation = {
        opid: ++lastId,
        session,
        command,
        db,
        body,
        startedMs: now(),
        killed: false,
      }
      running.set(operation.opid, operation)
      return operation
    },
    end: ({ opid }) => void running.delete(opid),
    list: () => [...running.values()],
    kill(opid) {
      const operation = running.get(opid)
      if (operation) operation.killed = true
      return operation !== undefined
    },
    check({ killed, deadlineMs }) {
      if (closing) throw shutDown()
      if (killed) throw new CommandError('Interrupted', 'operation was interrupted')
      if (deadlineMs !== undefined && now() >= deadlineMs) {
        throw new CommandError('MaxTimeMSExpired', 'operation exceeded time limit')
      }
    },
    shutDown() {
      closing = true
    },
  }
}
