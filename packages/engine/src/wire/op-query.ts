import { BsonType, BsonWriter, findElement, readInt32 } from '@gantry/bson'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { HEADER_SIZE, MalformedMessage } from './frames.js'
import { type MessageHeader, OpCode, writeHeader } from './header.js'
import { commandName, takeDocument } from './op-msg.js'

const REPLY_START = HEADER_SIZE + 20
/** The reply flag that says that the one document describes a failure. */
const QUERY_FAILURE = 2
const AWAIT_CAPABLE = 8

/** What a current server still answers in this form: the handshake, and the logins of old drivers. */
const allowedCommands = new Set([
  'hello',
  'isMaster',
  'ismaster',
  '_isSelf',
  'buildInfo',
  'buildinfo',
  'ping',
  'saslStart',
  'saslContinue',
])

/** A legacy query: of which database and collection, and the document, which is not yet validated. */
export interface LegacyQuery {
  readonly database: string
  readonly collection: string
  readonly query: Buffer
}

export function readQuery(frame: Buffer): LegacyQuery {
  const nameAt = HEADER_SIZE + 4
  const nameEnd = frame.indexOf(0, nameAt)
  if (nameEnd === -1) throw new MalformedMessage('OP_QUERY without a collection')
  const [database, ...rest] = frame.toString('utf8', nameAt, nameEnd).split('.')
  const query = takeDocument(frame, nameEnd + 9, frame.length)
  return { database, collection: rest.join('.'), query }
}

/** The command within a validated legacy query, with `$db` added. Throws what MongoDB answers to all other queries. */
export function commandOfQuery({ database, collection, query }: LegacyQuery): Buffer {
  if (collection !== '$cmd')
    throw new CommandError(
      5739101,
      'OP_QUERY is no longer supported. The client driver may require an upgrade. ' +
        'For more details see https://dochub.mongodb.org/core/legacy-opcode-removal',
    )
  const body = unwrap(query)
  const name = commandName(body)
  if (!allowedCommands.has(name))
    throw new CommandError(
      'UnsupportedOpQueryCommand',
      `Unsupported OP_QUERY command: ${name}. The client driver may require an upgrade. ` +
        'For more details see https://dochub.mongodb.org/core/legacy-opcode-removal',
    )
  return withDatabase(body, database)
}

const queryName = Buffer.from('$query')
const databaseName = Buffer.from('$db')

function unwrap(query: Buffer): Buffer {
  const at = findElement(query, 0, queryName)
  if (at === -1 || query[at] !== BsonType.object) return query
  const value = at + queryName.length + 2
  return query.subarray(value, value + readInt32(query, value))
}

function withDatabase(body: Buffer, database: string): Buffer {
  if (findElement(body, 0, databaseName) !== -1) return body
  const writer = new BsonWriter(body.length + database.length * 3 + 16)
  const mark = writer.beginDocument()
  writer.bytes(body, 4, body.length - 5)
  writer.element('$db', database)
  writer.end(mark)
  return writer.take()
}

/** An OP_REPLY with one document, as every answer to a command has. */
export function encodeOpReply(
  header: Omit<MessageHeader, 'opCode'>,
  reply: Reply,
  failed = false,
): Buffer {
  const writer = new BsonWriter()
  for (let at = 0; at < REPLY_START; at += 4) writer.int32(0)
  writer.plainDocument(reply)
  const frame = writer.take()
  writeHeader(frame, { ...header, opCode: OpCode.reply })
  frame.writeInt32LE(AWAIT_CAPABLE | (failed ? QUERY_FAILURE : 0), HEADER_SIZE)
  frame.writeInt32LE(1, REPLY_START - 4)
  return frame
}
