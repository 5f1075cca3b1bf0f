/**
 * What a command is: a name, a table of arguments, who may call it, and what it does. The
 * engine reads the arguments, checks the caller's rights, adds `ok: 1`, and measures.
 */
import type { Action } from '../auth/actions.js'
import type { Catalog } from '../catalog/catalog.js'
import type { Users } from '../catalog/users.js'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import type { CommandMessage, NetworkCounters, Reply } from '../engine.js'
import type { Observer } from '../observe/observer.js'
import type { Operation, Operations } from '../operations.js'
import type { Oplog } from '../oplog/oplog.js'
import type { Session } from '../session.js'
import type {
  LogicalSession,
  LogicalSessions,
  OpenTransaction,
} from '../sessions/logical-session.js'
import type { StatementRecord } from '../sessions/statements.js'
import type { SpillStore } from '../spill/spill-store.js'
import type { Store } from '../storage/store.js'
import type { WriteOptions } from '../storage/write-queue.js'
import type { PastRead, PastReads } from '../transactions/past-reads.js'
import type { PlainWrite } from '../transactions/plain-write-queue.js'
import type { WriteLock } from '../transactions/write-lock.js'
import type { Arg, ArgsOf, ArgTable } from './args.js'
import type { CursorRegistry, ReadContext } from './cursors.js'
import type { ReadConcern } from './read-concern.js'
import type { ServerIdentity } from './server-identity.js'

/** What a caller needs in order to run a command. */
export type Access =
  /** Nothing, not even a login. */
  | 'anyone'
  /** To be logged in. */
  | 'authenticated'
  /** The right to an action on the collection, the database or the cluster that the command is for. */
  | { readonly action: Action; readonly on: 'collection' | 'database' | 'cluster' }

/** What a command works with. */
export interface CommandContext extends ReadContext {
  readonly store: Store
  readonly cursors: CursorRegistry
  /** Where queries put what exceeds their memory. */
  readonly spill: SpillStore
  readonly oplog: Oplog
  readonly pastReads: PastReads
  readonly writeLock: WriteLock
  readonly users: Users
  readonly identity: ServerIdentity
  readonly logicalSessions: LogicalSessions
  readonly operations: Operations
  readonly observer: Observer
  readonly network: Readonly<NetworkCounters>
  /** All callers that are connected, internal ones included. */
  readonly sessions: ReadonlySet<Session>
  readonly session: Session
  /** Who has logged in, as `user@db`; empty for nobody. */
  readonly userName: string
  readonly operation: Operation
  readonly db: string
  readonly message: CommandMessage
  /** Runs a write function; resolves when what it wrote is as durable as the command's write concern asks. */
  write<T>(work: (transaction: WriteTransaction) => T, options?: WriteOptions): Promise<T>
  /** The catalog outside of any transaction. */
  readonly plainCatalog: Catalog
  /** Runs a write function outside of any transaction, as definitions of collections are. */
  readonly define: PlainWrite
  readonly readConcern?: ReadConcern
  /** The past that the command reads: what `catalog` and `view` belong to. */
  readonly past?: PastRead
  /** The logical session that the command is part of. */
  readonly logicalSession?: LogicalSession
  readonly txnNumber?: bigint
  /** The multi-document transaction that the command is part of: what `catalog`, `view` and `write` belong to. */
  readonly transaction?: OpenTransaction
  /** What a retryable write has done in an earlier try. */
  readonly retry?: StatementRecord
}

export interface CommandDefinition<T extends ArgTable = ArgTable> {
  readonly name: string
  /** Other names of the same command. */
  readonly aliases?: readonly string[]
  /** One line for the manual. */
  readonly help: string
  readonly access: Access
  readonly args: T
  /** Takes any read concern; commands that do not take only the level `local`. */
  readonly takesReadConcern?: boolean
  /** Takes the read concern `snapshot` outside of transactions, too. */
  readonly takesSnapshot?: boolean
  readonly takesWriteConcern?: boolean
  /** A write of statements, of which a caller that wants no acknowledgement is told nothing. */
  readonly silentWhenUnacknowledged?: boolean
  /** May run in a multi-document transaction. */
  readonly inTransaction?: boolean
  /** Keeps its answers, so that drivers may repeat it. */
  readonly retryable?: boolean
  /** Commits or aborts, so it comes with a transaction's number but is no part of it. */
  readonly endsTransaction?: boolean
  /** Takes arguments of any name beside those of its table; they are in the message. */
  readonly takesAnything?: boolean
  /** Runs on the `admin` database only. */
  readonly adminOnly?: boolean
  run(context: CommandContext, args: ArgsOf<T>): Reply | Promise<Reply>
}

/** Defines a command; the argument under the command's own name is what its first element holds. */
export function command<T extends Readonly<Record<string, Arg<unknown>>>>(
  definition: CommandDefinition<T>,
): CommandDefinition {
  return definition as unknown as CommandDefinition
}
