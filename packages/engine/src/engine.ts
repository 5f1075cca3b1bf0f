/**
 * The waist of the engine. Everything that reaches a database goes through one door:
 *
 *     const engine = await openEngine({ path })
 *     const session = engine.connect()
 *     const reply = await engine.run(session, { body: encodeDocument({ ping: 1, $db: 'admin' }) })
 *
 * - A command is raw BSON, as it comes off the wire; documents in a reply are raw BSON too
 *   (`RawValue`s within a plain object), so neither side decodes what it does not look at.
 * - `run` resolves with the reply of a command that worked (its `ok: 1` included) and throws a
 *   `CommandError` otherwise. Errors of single documents in a write are in the reply
 *   (`writeErrors`), as MongoDB has it.
 * - A reply to a write comes when the write is on disk, whatever its write concern.
 */
import type { Timestamp, Writable } from '@gantry/bson'
import type { Session, SessionOrigin } from './session.js'

/** A command as it arrives: one document, and the document sequences that OP_MSG may send beside it. */
export interface CommandMessage {
  /** The command document, a whole buffer, well-formed; its first element names the command, `$db` the database. */
  readonly body: Buffer
  /** Documents sent as sequences (`documents`, `updates`, `deletes`), by argument name. */
  readonly sequences?: ReadonlyMap<string, readonly Buffer[]>
}

/** A reply's fields in order. */
export interface Reply {
  readonly [field: string]: Writable | undefined
}

/** What came and went over sockets. Whoever serves them counts here. */
export interface NetworkCounters {
  /** Bytes of messages, compressed ones as they are when unpacked; `physical…`: as they were sent. */
  bytesIn: number
  bytesOut: number
  physicalBytesIn: number
  physicalBytesOut: number
  requests: number
}

export interface Engine {
  readonly network: NetworkCounters
  /** A new session: who is calling, with nobody authenticated. The caller disconnects it. */
  connect(origin?: SessionOrigin): Session
  /** Ends a session. Its cursors stay, for others of the same user to go on with, until they time out. */
  disconnect(session: Session): void
  run(session: Session, message: CommandMessage): Promise<Reply>
  /** The logical time of the latest change; undefined when there has not been any. */
  operationTime(): Timestamp | undefined
  /** Interrupts what takes long, lets the rest finish, writes everything to disk and closes the files. */
  close(): Promise<void>
}
