import { createHash } from 'node:crypto'
import { BsonType, decodeDocument, findElement, RawValue, readInt32, typeAlias } from '@gantry/bson'
import { CommandError } from '../errors.js'
import type { Store } from '../storage/store.js'
import {
  beginTransaction,
  type MultiDocumentTransaction,
  type TransactionServices,
} from '../transactions/multi-document.js'
import {
  loadSessionState,
  newSessionState,
  type SessionState,
  storeSessionState,
} from './statements.js'

/** Sessions unused for this long are forgotten, with their open transactions. Drivers are told so. */
export const SESSION_TIMEOUT_MINUTES = 30
/** A transaction may stay open for this long, unless another limit is set. */
const TRANSACTION_LIFETIME_MS = 60_000
/** Sessions that are open at a time. */
const MOST_SESSIONS = 1_000_000

/** A session as drivers mean it: it may go over many connections, and lives in the data, not in a connection. */
export interface LogicalSession {
  /** Under which the session's state is stored. */
  readonly key: Buffer
  readonly lsid: RawValue
  /** Whose session it is, as `user@db`; empty for nobody's. */
  readonly user: string
  state: SessionState
  transaction?: OpenTransaction
  /** The number of a transaction that was given up. */
  abortedTxnNumber?: bigint
  lastUsedMs: number
  /** Commands with a transaction number go one at a time. */
  busy: Promise<void>
}

export interface OpenTransaction extends MultiDocumentTransaction {
  readonly startedMs: number
}

export interface LogicalSessions {
  /** The session with an id, for a user (by name, empty for none). Made when it is not there. */
  get(lsid: RawValue, user: string): LogicalSession
  begin(session: LogicalSession, txnNumber: bigint): Promise<void>
  abort(session: LogicalSession): void
  /** Makes the transaction's writes; resolves when they are on disk. */
  commit(session: LogicalSession, write: TransactionWriter): Promise<void>
  /** Ends a session, when it is there, and answers it. */
  end(lsid: RawValue, user: string): LogicalSession | undefined
  /** Ends the sessions that a condition holds for, and answers them. */
  endWhere(condition: (session: LogicalSession) => boolean): LogicalSession[]
  list(): LogicalSession[]
  /** For how long a transaction may stay open. */
  transactionLifetimeMs: number
  /** Gives up transactions that have been open for too long and forgets sessions that nobody uses. */
  expire(): Promise<void>
  abortAll(): void
  readonly size: number
  readonly openTransactions: number
  /** Transactions over the life of the engine. */
  readonly totals: {
    readonly started: number
    readonly committed: number
    readonly aborted: number
  }
}

type TransactionWriter = (
  work: (transaction: Parameters<MultiDocumentTransaction['commitIn']>[0]) => void,
) => Promise<void>

export function createLogicalSessions(
  services: TransactionServices,
  now: () => number,
): LogicalSessions {
  const sessions = new Map<string, LogicalSession>()
  const totals = { started: 0, committed: 0, aborted: 0 }

  services.store.onLost(() => {
    for (const session of sessions.values()) {
      session.state = loadSessionState(services.store, session.key) ?? newSessionState()
    }
  })

  function abort(session: LogicalSession): void {
    if (!session.transaction) return
    session.transaction.end(false)
    totals.aborted++
    session.transaction = undefined
    session.abortedTxnNumber = session.state.txnNumber
  }

  const logicalSessions: LogicalSessions = {
    transactionLifetimeMs: TRANSACTION_LIFETIME_MS,
    totals,
    get(lsid, user) {
      const text = sessionKey(lsid, user)
      let session = sessions.get(text)
      if (!session) {
        if (sessions.size >= MOST_SESSIONS) {
          throw new CommandError(
            'TooManyLogicalSessions',
            'Unable to add session into the cache because the number of active sessions is too high',
          )
        }
        session = openSession(services.store, Buffer.from(text, 'latin1'), lsid, user)
        sessions.set(text, session)
      }
      session.lastUsedMs = now()
      return session
    },

    async begin(session, txnNumber) {
      abort(session)
      session.state = { ...newSessionState(), txnNumber, lastUsedMs: now() }
      session.abortedTxnNumber = undefined
      const transaction = await beginTransaction(services, { lsid: session.lsid, txnNumber })
      session.transaction = Object.assign(transaction, { startedMs: now() })
      totals.started++
    },

    abort,

    async commit(session, write) {
      const { transaction } = session
      if (!transaction) return
      session.transaction = undefined
      const committed = { ...session.state, committed: true, lastUsedMs: now() }
      try {
        await write((target) => {
          transaction.commitIn(target)
          storeSessionState(target, session.key, committed)
        })
        session.state = committed
        transaction.end(true)
        totals.committed++
      } catch (error) {
        totals.aborted++
        session.abortedTxnNumber = session.state.txnNumber
        transaction.end(false)
        throw error
      }
    },

    end(lsid, user) {
      const text = sessionKey(lsid, user)
      const session = sessions.get(text)
      if (!session) return undefined
      abort(session)
      sessions.delete(text)
      return session
    },

    endWhere(condition) {
      const ended: LogicalSession[] = []
      for (const [text, session] of sessions) {
        if (!condition(session)) continue
        abort(session)
        sessions.delete(text)
        ended.push(session)
      }
      return ended
    },

    async expire() {
      const oldest = now() - SESSION_TIMEOUT_MINUTES * 60_000
      for (const [text, session] of sessions) {
        const { transaction } = session
        if (transaction && now() - transaction.startedMs > logicalSessions.transactionLifetimeMs)
          abort(session)
        if (session.lastUsedMs < oldest) {
          abort(session)
          sessions.delete(text)
        }
      }
      await forgetStored(services.store, oldest)
    },

    list: () => [...sessions.values()],

    abortAll() {
      for (const session of sessions.values()) abort(session)
    },

    get size() {
      return sessions.size
    },

    get openTransactions() {
      let open = 0
      for (const { transaction } of sessions.values()) if (transaction) open++
      return open
    },
  }
  return logicalSessions
}

function openSession(store: Store, key: Buffer, lsid: RawValue, user: string): LogicalSession {
  return {
    key,
    user,
    lsid: new RawValue(
      Buffer.from(lsid.buf.subarray(lsid.at, lsid.at + lsid.size)),
      lsid.type,
      0,
      lsid.size,
    ),
    state: loadSessionState(store, key) ?? newSessionState(),
    lastUsedMs: 0,
    busy: Promise.resolve(),
  }
}

const ID = Buffer.from('id')
const UUID_SIZE = 16

/** What tells a session from others, a character for each byte. A session is its user's own: the same id of another user is another session. */
function sessionKey(lsid: RawValue, user: string): string {
  return sessionId(lsid) + userPart(user)
}

/** The id that a session's document holds, a character for each byte. */
export function sessionId({ buf, at }: RawValue): string {
  const element = findElement(buf, at, ID)
  if (element === -1) {
    throw new CommandError(
      'MissingFieldIDL',
      "BSON field 'lsid.id' is missing but a required field",
    )
  }
  if (buf[element] !== BsonType.binData) {
    throw new CommandError(
      'TypeMismatch',
      `BSON field 'lsid.id' is the wrong type '${typeAlias(buf[element])}', expected type 'binData'`,
    )
  }
  const length = element + ID.length + 2
  if (readInt32(buf, length) !== UUID_SIZE) {
    throw new CommandError(
      'InvalidUUID',
      'uuid must be a 16-byte binary field with UUID (4) subtype',
    )
  }
  return buf.toString('latin1', length + 5, length + 5 + UUID_SIZE)
}

/** Most commands in a row come from a few users. */
const MOST_USERS = 1000
const userParts = new Map<string, string>()

function userPart(user: string): string {
  let part = userParts.get(user)
  if (part === undefined) {
    if (userParts.size >= MOST_USERS) userParts.clear()
    part = createHash('sha256').update(user).digest().toString('latin1', 0, 8)
    userParts.set(user, part)
  }
  return part
}

const FORGET_STEP = 1000

/** Removes the stored state of sessions that were last used before a time. */
async function forgetStored(store: Store, beforeMs: number): Promise<void> {
  const old: Buffer[] = []
  store.scan('sessions', { low: Buffer.alloc(1), high: Buffer.alloc(32, 0xff) }, (entry) => {
    const state = decodeDocument(entry.value, 0)
    if (Number(state.get('lastUsedMs')) < beforeMs) {
      old.push(Buffer.from(entry.key.subarray(entry.keyStart, entry.keyEnd)))
    }
    return old.length < FORGET_STEP
  })
  if (old.length === 0) return
  await store.write((transaction) => {
    for (const key of old) transaction.remove('sessions', key)
  })
}
