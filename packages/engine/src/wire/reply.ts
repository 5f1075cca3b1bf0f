import { BsonWriter, Double, type Writable } from '@gantry/bson'
import type { Reply } from '../engine.js'
import { CommandError } from '../errors.js'
import { crc32c } from './crc32c.js'
import { type MessageHeader, OpCode, writeHeader } from './header.js'
import { MsgFlag } from './op-msg.js'

const zero = new Double(0)

const shared = new BsonWriter(64 * 1024)

/**
 * An OP_MSG with one body section. `extra` follows the reply's own fields, where these
 * do not have a field of the name; the checksum is added when the flags ask for it.
 */
export function encodeOpMsg(
  header: Omit<MessageHeader, 'opCode'>,
  flags: number,
  reply: Reply,
  extra?: Reply,
): Buffer {
  const start = shared.length
  try {
    // The header's place, the flags, and the kind of the section.
    for (let i = 0; i < 4; i++) shared.int32(0)
    shared.int32(flags)
    shared.byte(0)
    const mark = shared.beginDocument()
    writeFields(reply)
    if (extra) writeFields(extra, reply)
    shared.end(mark)
    if (flags & MsgFlag.checksumPresent) shared.int32(0)
  } catch (error) {
    shared.rewind(start)
    throw error
  }
  const frame = shared.take(start)
  writeHeader(frame, { ...header, opCode: OpCode.msg })
  if (flags & MsgFlag.checksumPresent) {
    const end = frame.length - 4
    frame.writeUInt32LE(crc32c(frame, 0, end), end)
  }
  return frame
}

function writeFields(fields: Reply, except?: Reply): void {
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value === undefined || except?.[name] !== undefined) continue
    shared.element(name, value)
  }
}

/** How a failure is told to the client. A fault of ours is handed to `report` and told without its particulars. */
export function errorReply(error: unknown, report: (error: unknown) => void): Reply {
  if (error instanceof CommandError) {
    const { errorLabels, ...details } = error.details as Record<string, Writable>
    return {
      ...(errorLabels && { errorLabels }),
      ok: zero,
      errmsg: error.message,
      code: error.code,
      codeName: error.codeName,
      ...details,
    }
  }
  report(error)
  return { ok: zero, errmsg: 'internal error', code: 1, codeName: 'InternalError' }
}
