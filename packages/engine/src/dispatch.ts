import {
  BsonType,
  Double,
  findElement,
  type RawValue,
  readName,
  readString,
  skipCString,
} from '@gantry/bson'
import { authorize } from './commands/authorize.js'
import type { CommandContext, CommandDefinition } from './commands/command.js'
import { withWriteConcern } from './commands/concerns.js'
import { commands } from './commands/index.js'
import { checkDatabaseName } from './commands/namespace.js'
import { readArgs } from './commands/read-args.js'
import { type RequestOptions, readRequestOptions } from './commands/request.js'
import type { CommandMessage, Reply } from './engine.js'
import { CommandError } from './errors.js'
import { PROFILE_COLLECTION } from './observe/profile-writer.js'
import type { Operation } from './operations.js'
import type { Session } from './session.js'
import { enterRetryableWrite, enterTransaction, labelled } from './sessions/enter.js'
import type { LogicalSession } from './sessions/logical-session.js'
import { storeSessionState } from './sessions/statements.js'

/** What commands get to work with, beside what belongs to one call. */
export type EngineParts = Omit<
  CommandContext,
  | 'session'
  | 'userName'
  | 'db'
  | 'message'
  | 'operation'
  | 'view'
  | 'write'
  | 'breathe'
  | 'retry'
  | 'past'
  | 'readConcern'
  | 'transaction'
  | 'logicalSession'
  | 'txnNumber'
>

const OK = new Double(1)
const DB = Buffer.from('$db')

/** A command, and where it names the collection that it is about. */
interface Route {
  readonly definition: CommandDefinition
  readonly collection: 'first' | 'argument' | 'none'
}

/** Commands that name a collection although their rights are not asked for that alone. */
const alsoOfCollection: ReadonlySet<string> = new Set(['aggregate', 'findAndModify', 'killCursors'])

const byName = new Map<string, Route>()
for (const definition of commands) {
  const route = { definition, collection: placeOfCollection(definition) }
  for (const name of [definition.name, ...(definition.aliases ?? [])]) byName.set(name, route)
}

function placeOfCollection({ name, access }: CommandDefinition): Route['collection'] {
  if (name === 'getMore') return 'argument'
  const ofCollection = typeof access === 'object' && access.on === 'collection'
  return ofCollection || alsoOfCollection.has(name) ? 'first' : 'none'
}

/** Runs one command: finds it, checks the caller, reads its arguments, and puts it into its session or transaction. */
export async function dispatch(
  parts: EngineParts,
  session: Session,
  message: CommandMessage,
): Promise<Reply> {
  const name = readName(message.body, 5)
  const route = byName.get(name)
  const { observer } = parts
  if (!route) {
    observer.counters.unknownCommands++
    throw new CommandError('CommandNotFound', `no such command: '${name}'`)
  }
  const { definition } = route
  const db = databaseOf(message)
  if (definition.adminOnly && db !== 'admin') {
    throw new CommandError('Unauthorized', `${name} may only be run against the admin database.`)
  }
  const collection = collectionOf(message, route)
  const operation = parts.operations.start(session, definition.name, db, collection, message)
  let args: Parameters<CommandDefinition['run']>[1] | undefined
  let reply: Reply | undefined
  let failure: unknown
  try {
    const authorized = authorize({ session, db, message, users: parts.users }, definition)
    if (authorized !== undefined) await authorized
    if (collection === PROFILE_COLLECTION) await observer.settle()
    const context = plainContext(parts, session, db, message, operation)
    const generic: Record<string, RawValue> = {}
    args = readArgs(definition.name, definition.args, message, generic, definition.takesAnything)
    const options = readRequestOptions(generic, definition)
    if (options.maxTimeMS) operation.deadlineMs = parts.now() + options.maxTimeMS
    operation.lsid = options.lsid
    const reading = options.readConcern === undefined ? context : await readingAs(context, options)
    reply = options.lsid
      ? await runInSession(parts, reading, definition, args, options)
      : await definition.run(reading, args)
    return { ...withWriteConcern(reply, definition, options.writeConcern), ok: OK }
  } catch (error) {
    failure = error
    throw error
  } finally {
    parts.operations.end(operation)
    observer.finished(operation, args, reply, failure)
  }
}

function plainContext(
  parts: EngineParts,
  session: Session,
  db: string,
  message: CommandMessage,
  operation: Operation,
): CommandContext {
  // Field by field, as copying all of `parts` this way is many times slower.
  return {
    catalog: parts.catalog,
    store: parts.store,
    cursors: parts.cursors,
    spill: parts.spill,
    oplog: parts.oplog,
    pastReads: parts.pastReads,
    writeLock: parts.writeLock,
    commits: parts.commits,
    users: parts.users,
    identity: parts.identity,
    logicalSessions: parts.logicalSessions,
    operations: parts.operations,
    observer: parts.observer,
    network: parts.network,
    sessions: parts.sessions,
    now: parts.now,
    define: parts.define,
    plainCatalog: parts.plainCatalog,
    session,
    userName: userOf(session),
    db,
    message,
    operation,
    view: parts.store,
    write: parts.define,
    breathe: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      parts.operations.check(operation)
    },
  }
}

/** The context of a command with a read concern: `snapshot` outside of a transaction reads the past, if only the latest. */
async function readingAs(
  context: CommandContext,
  { readConcern, autocommit }: RequestOptions,
): Promise<CommandContext> {
  if (readConcern?.level !== 'snapshot' || autocommit === false) return { ...context, readConcern }
  const past = await context.pastReads.at(readConcern.atClusterTime)
  return { ...context, readConcern, past, catalog: past.catalog, view: past.view }
}

async function runInSession(
  parts: EngineParts,
  context: CommandContext,
  definition: CommandDefinition,
  args: Parameters<CommandDefinition['run']>[1],
  options: RequestOptions,
): Promise<Reply> {
  const { lsid, txnNumber } = options
  if (!lsid) return definition.run(context, args)
  const logicalSession = parts.logicalSessions.get(lsid, context.userName)
  if (txnNumber === undefined) return definition.run({ ...context, logicalSession }, args)
  return oneAtATime(logicalSession, () => {
    if (definition.endsTransaction) {
      return definition.run({ ...context, logicalSession, txnNumber }, args)
    }
    return options.autocommit === false
      ? runInTransaction(parts, context, definition, args, logicalSession, options)
      : runRetryable(parts, context, definition, args, logicalSession, options)
  })
}

function userOf({ authentication }: Session): string {
  const { user } = authentication
  return user ? `${user.user}@${user.db}` : ''
}

/** Lets commands of a session that have a transaction number run one after the other. */
async function oneAtATime<T>(session: LogicalSession, work: () => T | Promise<T>): Promise<T> {
  const before = session.busy
  let done: () => void = () => {}
  session.busy = new Promise((resolve) => {
    done = resolve
  })
  await before
  try {
    return await work()
  } finally {
    done()
  }
}

async function runInTransaction(
  parts: EngineParts,
  context: CommandContext,
  definition: CommandDefinition,
  args: Parameters<CommandDefinition['run']>[1],
  logicalSession: LogicalSession,
  { txnNumber = 0n, startTransaction = false }: RequestOptions,
): Promise<Reply> {
  if (!definition.inTransaction) {
    throw new CommandError(
      'OperationNotSupportedInTransaction',
      `Cannot run '${definition.name}' in a multi-document transaction.`,
    )
  }
  const { logicalSessions } = parts
  await enterTransaction(logicalSessions, logicalSession, txnNumber, startTransaction)
  const { transaction } = logicalSession
  context.operation.transaction = transaction
  if (!transaction) throw new Error('a transaction was entered and is not there')
  try {
    const reply = await definition.run(
      {
        ...context,
        logicalSession,
        txnNumber,
        transaction,
        catalog: transaction.catalog,
        view: transaction.write,
        write: async (work) => work(transaction.write),
      },
      args,
    )
    // Errors of single statements end the transaction, too.
    if (reply.writeErrors || reply.nErrors) logicalSessions.abort(logicalSession)
    return reply
  } catch (error) {
    logicalSessions.abort(logicalSession)
    throw labelled(error)
  }
}

async function runRetryable(
  parts: EngineParts,
  context: CommandContext,
  definition: CommandDefinition,
  args: Parameters<CommandDefinition['run']>[1],
  logicalSession: LogicalSession,
  { txnNumber = 0n, stmtId = 0, stmtIds }: RequestOptions,
): Promise<Reply> {
  if (!definition.retryable) {
    throw new CommandError(
      'NotARetryableWriteCommand',
      `txnNumber may only be provided for multi-document transactions and retryable write commands. autocommit:false was not provided, and ${definition.name} is not a retryable write command.`,
    )
  }
  const statementId = (index: number) => stmtIds?.[index] ?? stmtId + index
  const { retried } = parts.observer.counters
  let repeats = 0
  const retry = enterRetryableWrite(
    parts.logicalSessions,
    logicalSession,
    txnNumber,
    statementId,
    () => {
      if (repeats++ === 0) retried.commands++
      retried.statements++
    },
  )
  const write: CommandContext['write'] = (work, writeOptions) =>
    parts.define((transaction) => {
      const { answers } = logicalSession.state
      const before = answers.count
      try {
        return work(transaction)
      } finally {
        // Also when a later statement has to wait: what was done is done.
        if (answers.count > before) {
          logicalSession.state.lastUsedMs = parts.now()
          storeSessionState(transaction, logicalSession.key, logicalSession.state)
        }
      }
    }, writeOptions)
  return definition.run({ ...context, logicalSession, txnNumber, retry, write }, args)
}

const COLLECTION = Buffer.from('collection')

/** The collection that a command is about; empty for those that are about none, or name none. */
function collectionOf({ body }: CommandMessage, route: Route): string {
  if (route.collection === 'none') return ''
  if (route.collection === 'first')
    return body[4] === BsonType.string ? readString(body, skipCString(body, 5)) : ''
  const element = findElement(body, 0, COLLECTION)
  if (element === -1 || body[element] !== BsonType.string) return ''
  return readString(body, element + COLLECTION.length + 2)
}

function databaseOf({ body }: CommandMessage): string {
  const element = findElement(body, 0, DB)
  if (element === -1 || body[element] !== 0x02) {
    throw new CommandError('MissingFieldIDL', 'OP_MSG requests require a $db argument')
  }
  const db = readString(body, element + DB.length + 2)
  checkDatabaseName(db)
  return db
}
