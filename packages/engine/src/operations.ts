import type { RawValue } from '@gantry/bson'
import type { CommandMessage } from './engine.js'
import { CommandError } from './errors.js'
import { kindOf, type OperationKind } from './operation-kind.js'
import type { AccessPlan } from './plan/planner.js'
import type { Session } from './session.js'

/** A command under way, with what is known of its work so far. */
export interface Operation {
  readonly opid: number
  readonly session: Session
  readonly command: string
  readonly kind: OperationKind
  readonly db: string
  /** The collection that the command is about; empty when it is about none. */
  readonly collection: string
  readonly message: CommandMessage
  readonly startedMs: number
  /** On the clock of `performance.now`, which is finer and never set back. */
  readonly startedAt: number
  /** When its time is over, in milliseconds since 1970; no limit when undefined. */
  deadlineMs: number | undefined
  killed: boolean
  /** Index keys and documents looked at. */
  keysExamined: number
  docsExamined: number
  /** How it reaches documents; of several statements the last one's. */
  plan: AccessPlan | undefined
  /** Its time is spent waiting for news, as the caller asked for, and says nothing of the engine's speed. */
  waits: boolean
  /** The session that it came with. */
  lsid: RawValue | undefined
  /** The multi-document transaction that it is part of. */
  transaction: { readonly startedMs: number } | undefined
}

/** The commands that are running, so that they can be shown and killed. */
export interface Operations {
  start(
    session: Session,
    command: string,
    db: string,
    collection: string,
    message: CommandMessage,
  ): Operation
  end(operation: Operation): void
  list(): Operation[]
  /** Marks an operation as killed: it ends the next time it lets others in. */
  kill(opid: number): boolean
  get(opid: number): Operation | undefined
  /** Throws when an operation was killed, its time is over or the engine is closing. */
  check(operation: Operation): void
  /** The engine is closing: operations end the next time they let others in. */
  shutDown(): void
}

export function shutDown(): CommandError {
  return new CommandError('InterruptedAtShutdown', 'interrupted at shutdown')
}

const LARGEST_INT32 = 2 ** 31 - 1

/** An operation, and where it stands among those that run. */
interface Running extends Operation {
  place: number
}

export function createOperations(now: () => number): Operations {
  // Not a Map: the tables that it leaves behind as entries come and go hold on to what was in
  // them until the next full collection, and operations hold much.
  const running: Running[] = []
  let lastId = 0
  let closing = false

  function find(opid: number): Operation | undefined {
    return running.find((operation) => operation.opid === opid)
  }

  return {
    start(session, command, db, collection, message) {
      lastId = lastId === LARGEST_INT32 ? 1 : lastId + 1
      const operation: Running = {
        place: running.length,
        opid: lastId,
        session,
        command,
        kind: kindOf(command),
        db,
        collection,
        message,
        startedMs: now(),
        startedAt: performance.now(),
        deadlineMs: undefined,
        killed: false,
        keysExamined: 0,
        docsExamined: 0,
        plan: undefined,
        waits: false,
        lsid: undefined,
        transaction: undefined,
      }
      running.push(operation)
      return operation
    },
    end(operation) {
      const { place } = operation as Running
      const last = running.pop()
      if (!last || last === operation) return
      running[place] = last
      last.place = place
    },
    list: () => [...running].sort((a, b) => a.startedAt - b.startedAt),
    get: find,
    kill(opid) {
      const operation = find(opid)
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

/** The namespace of an operation; commands that are about no collection have that of their database's commands. */
export function namespaceOfOperation({ db, collection }: Operation): string {
  return `${db}.${collection === '' ? '$cmd' : collection}`
}
