import {
  BsonType,
  DateTime,
  encodeDocument,
  findElement,
  RawValue,
  someElement,
  type Value,
  valueSize,
  type Writable,
} from '@gantry/bson'
import type { CommandMessage, Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { namespaceOfOperation, type Operation } from '../operations.js'
import type { Session } from '../session.js'
import { planSummary } from './plan-summary.js'
import { shownCommand, shownStatement } from './shown-command.js'

/** A command that has ended, for the profile and the log. */
export interface FinishedOperation {
  readonly operation: Operation
  readonly reply: Reply | undefined
  readonly error: unknown
  readonly micros: number
  readonly endedMs: number
}

type Fields = Readonly<Record<string, Writable | undefined>>

/** Longest command shown in a profile and in the log. */
const PROFILED_COMMAND_BYTES = 50 * 1024
const LOGGED_COMMAND_BYTES = 10 * 1024

/** The document that `system.profile` gets. */
export function profileDocument(finished: FinishedOperation): Fields {
  const { operation, micros, endedMs } = finished
  const { session, kind } = operation
  const users = usersOf(session)
  return {
    op: kind.op,
    ns: namespaceOfOperation(operation),
    command: statementOf(operation) ?? shownCommand(operation, PROFILED_COMMAND_BYTES),
    ...facts(finished),
    numYield: 0,
    locks: {},
    responseLength: responseLength(finished),
    protocol: session.address === undefined ? undefined : 'op_msg',
    millis: Math.trunc(micros / 1000),
    planSummary: operation.plan && planSummary(operation.plan.access),
    ts: DateTime.fromMs(endedMs),
    client: hostOf(session.address),
    appName: appNameOf(session),
    allUsers: users,
    user: users.map(({ user, db }) => `${user}@${db}`).join(', '),
  }
}

/** What the line of a slow operation says. */
export function slowAttributes(finished: FinishedOperation): Fields {
  const { operation, micros } = finished
  const { session } = operation
  return {
    type: 'command',
    ns: namespaceOfOperation(operation),
    appName: appNameOf(session),
    command: shownCommand(operation, LOGGED_COMMAND_BYTES),
    planSummary: operation.plan && planSummary(operation.plan.access),
    ...facts(finished),
    numYields: 0,
    reslen: responseLength(finished),
    locks: {},
    remote: session.address,
    protocol: session.address === undefined ? undefined : 'op_msg',
    durationMillis: Math.trunc(micros / 1000),
  }
}

/** An update or delete of one statement is shown by that. */
function statementOf({ command, message, collection }: Operation): Writable | undefined {
  if (collection === 'system.users') return undefined
  const name = command === 'update' ? 'updates' : command === 'delete' ? 'deletes' : undefined
  if (!name) return undefined
  const statement = onlyStatement(message, name)
  return statement && shownStatement(statement, PROFILED_COMMAND_BYTES)
}

/** The statement of a write that has just one, wherever in the message it stands. */
function onlyStatement({ body, sequences }: CommandMessage, name: string): RawValue | undefined {
  const sequence = sequences?.get(name)
  if (sequence) return sequence.length === 1 ? RawValue.document(sequence[0]) : undefined
  const element = findElement(body, 0, Buffer.from(name))
  if (element === -1 || body[element] !== BsonType.array) return undefined
  const statements: RawValue[] = []
  someElement(body, element + name.length + 2, (type, at) => {
    statements.push(new RawValue(body, type, at, valueSize(body, type, at)))
    return statements.length > 1
  })
  return statements.length === 1 ? statements[0] : undefined
}

interface Counted {
  readonly cursor?: {
    readonly id?: bigint
    readonly firstBatch?: readonly unknown[]
    readonly nextBatch?: readonly unknown[]
  }
  readonly n?: number | bigint
  readonly nModified?: number
  readonly upserted?: readonly unknown[]
}

function facts({ operation, reply, error }: FinishedOperation): Fields {
  const { plan, keysExamined, docsExamined, kind } = operation
  const { cursor, n, nModified, upserted } = (reply ?? {}) as Counted
  const count = Number(n ?? 0)
  const inserted = upserted?.length ?? 0
  return {
    ...(cursor?.id && { cursorid: cursor.id }),
    ...(plan && { keysExamined, docsExamined }),
    ...(plan && !plan.sorted && { hasSortStage: true }),
    ...(cursor && cursor.id === 0n && { cursorExhausted: true }),
    ...(kind.op === 'insert' && { ninserted: count }),
    ...(kind.op === 'update' && {
      nMatched: count - inserted,
      nModified: nModified ?? 0,
      nUpserted: inserted,
    }),
    ...(kind.op === 'remove' && { ndeleted: count }),
    ...(cursor && { nreturned: (cursor.firstBatch ?? cursor.nextBatch ?? []).length }),
    ...errorFields(error),
  }
}

function errorFields(error: unknown): Fields {
  if (error === undefined) return {}
  if (!(error instanceof CommandError))
    return { ok: 0, errMsg: 'internal error', errName: 'InternalError', errCode: 1 }
  return { ok: 0, errMsg: error.message, errName: error.codeName, errCode: error.code }
}

function responseLength({ reply }: FinishedOperation): number {
  return reply ? encodeDocument(reply).length : 0
}

/** Who has logged in on a session. */
export function usersOf({ authentication }: Session): { user: string; db: string }[] {
  const { user } = authentication
  return user ? [{ user: user.user, db: user.db }] : []
}

/** The name that a client's application has given itself. */
export function appNameOf({ clientMetadata }: Session): Value | undefined {
  const application = clientMetadata?.get('application')
  return application instanceof Map ? application.get('name') : undefined
}

function hostOf(address: string | undefined): string {
  return address?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') ?? ''
}
