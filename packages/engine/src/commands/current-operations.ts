import { hostname } from 'node:os'
import { DateTime, type Writable } from '@gantry/bson'
import type { Reply } from '../engine.js'
import { appNameOf, usersOf } from '../observe/finished-operation.js'
import { planSummary } from '../observe/plan-summary.js'
import { shownCommand } from '../observe/shown-command.js'
import { namespaceOfOperation, type Operation } from '../operations.js'
import type { Session } from '../session.js'
import type { LogicalSession } from '../sessions/logical-session.js'
import type { CommandContext } from './command.js'
import type { Cursor } from './cursors.js'

/** What is to be listed beside the operations under way. */
export interface ListOptions {
  /** Also what others do. */
  readonly allUsers: boolean
  /** Also connections on which nothing is under way. */
  readonly idleConnections: boolean
  readonly idleCursors: boolean
  /** Also sessions with an open transaction in which nothing is under way. */
  readonly idleSessions: boolean
  /** Cut commands of more than a thousand bytes. */
  readonly truncateOps: boolean
}

const TRUNCATED_BYTES = 1000
const WHOLE = Number.POSITIVE_INFINITY

/** The operations under way, as `currentOp` and `$currentOp` show them. */
export function listOperations(context: CommandContext, options: ListOptions): Reply[] {
  const operations = context.operations.list()
  const mine = (session: Session) => options.allUsers || isSameUser(session, context.session)
  const listed = operations
    .filter(({ session }) => mine(session))
    .map((operation) => active(context, operation, options.truncateOps ? TRUNCATED_BYTES : WHOLE))
  if (options.idleConnections) {
    const busy = new Set(operations.map(({ session }) => session))
    for (const session of context.sessions) {
      if (!session.internal && !busy.has(session) && mine(session))
        listed.push(idleConnection(context, session))
    }
  }
  if (options.idleSessions) {
    const busy = new Set(operations.map(({ transaction }) => transaction))
    for (const session of context.logicalSessions.list()) {
      if (session.transaction && !busy.has(session.transaction))
        listed.push(idleSession(context, session))
    }
  }
  if (options.idleCursors) {
    for (const cursor of context.cursors.list())
      if (!cursor.busy && mine(cursor.session)) listed.push(idleCursor(context, cursor))
  }
  return listed
}

function isSameUser(one: Session, other: Session): boolean {
  const a = one.authentication.user
  const b = other.authentication.user
  return one === other || (a !== undefined && a.user === b?.user && a.db === b.db)
}

function active(context: CommandContext, operation: Operation, mostBytes: number): Reply {
  const { session, plan, transaction } = operation
  const micros = Math.round((performance.now() - operation.startedAt) * 1000)
  return {
    type: 'op',
    ...connection(context, session),
    active: true,
    currentOpTime: new Date(context.now()).toISOString().replace('Z', '+00:00'),
    effectiveUsers: usersOf(session),
    threaded: true,
    opid: operation.opid,
    lsid: operation.lsid,
    secs_running: BigInt(Math.floor(micros / 1_000_000)),
    microsecs_running: BigInt(micros),
    op: operation.kind.op,
    ns: namespaceOfOperation(operation),
    redacted: false,
    command: shownCommand(operation, mostBytes),
    planSummary: plan && planSummary(plan.access),
    ...(operation.killed && { killPending: true }),
    ...(transaction && { transaction: transactionFields(context, transaction) }),
    numYields: 0,
    locks: {},
    waitingForLock: false,
    lockStats: {},
    waitingForFlowControl: false,
    flowControlStats: {},
  }
}

/** Where an operation comes from. */
function connection({ session: own }: CommandContext, session: Session): Reply {
  return {
    host: own.serverAddress ?? hostname(),
    desc: `conn${session.id}`,
    connectionId: session.id,
    client: session.address,
    appName: appNameOf(session),
    clientMetadata: session.clientMetadata,
  }
}

function idleConnection(context: CommandContext, session: Session): Reply {
  return {
    type: 'op',
    ...connection(context, session),
    active: false,
    currentOpTime: new Date(context.now()).toISOString().replace('Z', '+00:00'),
    effectiveUsers: usersOf(session),
    threaded: true,
    op: 'none',
    ns: '',
    redacted: false,
    command: {},
    waitingForLock: false,
    waitingForFlowControl: false,
  }
}

function idleSession(context: CommandContext, { lsid, transaction }: LogicalSession): Reply {
  return {
    type: 'idleSession',
    host: context.session.serverAddress ?? hostname(),
    desc: 'inactive transaction',
    active: false,
    currentOpTime: new Date(context.now()).toISOString().replace('Z', '+00:00'),
    lsid,
    transaction: transaction && transactionFields(context, transaction),
    waitingForLock: false,
    locks: {},
    lockStats: {},
    waitingForFlowControl: false,
    flowControlStats: {},
  }
}

function transactionFields(
  { now }: CommandContext,
  { startedMs }: { readonly startedMs: number },
): Writable {
  return {
    parameters: { autocommit: false },
    startWallClockTime: new Date(startedMs).toISOString().replace('Z', '+00:00'),
    timeOpenMicros: BigInt(Math.max(0, now() - startedMs)) * 1000n,
  }
}

function idleCursor({ now, session }: CommandContext, cursor: Cursor): Reply {
  const { id, namespace, lastUsedMs } = cursor
  return {
    type: 'idleCursor',
    host: session.serverAddress ?? hostname(),
    ns: namespace,
    effectiveUsers: usersOf(cursor.session),
    connectionId: cursor.session.id,
    cursor: {
      cursorId: id,
      lastAccessDate: DateTime.fromMs(lastUsedMs),
      idleMillis: BigInt(Math.max(0, now() - lastUsedMs)),
      tailable: cursor.source.awaitsData === true,
      awaitData: cursor.source.awaitsData === true,
    },
  }
}
