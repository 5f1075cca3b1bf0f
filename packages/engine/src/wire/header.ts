import { readInt32 } from '@gantry/bson'

/** The kinds of message that a current server still reads or writes. */
export const OpCode = { reply: 1, query: 2004, compressed: 2012, msg: 2013 } as const

/** What stands before each message, its length left out. */
export interface MessageHeader {
  readonly requestId: number
  readonly responseTo: number
  readonly opCode: number
}

export function readHeader(frame: Buffer): MessageHeader {
  return {
    requestId: readInt32(frame, 4),
    responseTo: readInt32(frame, 8),
    opCode: readInt32(frame, 12),
  }
}

/** Writes the sixteen bytes of a header, with the whole buffer's length. */
export function writeHeader(frame: Buffer, header: MessageHeader): void {
  frame.writeInt32LE(frame.length, 0)
  frame.writeInt32LE(header.requestId, 4)
  frame.writeInt32LE(header.responseTo, 8)
  frame.writeInt32LE(header.opCode, 12)
}
