import { findElement, readInt32, skipCString } from '@gantry/bson'
import type { CommandMessage } from '../engine.js'
import { CommandError } from '../errors.js'
import { crc32c } from './crc32c.js'
import { HEADER_SIZE, MalformedMessage } from './frames.js'

export const MsgFlag = { checksumPresent: 1, moreToCome: 2, exhaustAllowed: 1 << 16 } as const

/** Bits 0 to 15 must be understood by whoever reads the message; the others may be ignored. */
const REQUIRED_BITS = 0xffff
const KNOWN_REQUIRED_BITS = MsgFlag.checksumPresent | MsgFlag.moreToCome

/** MongoDB's limit for a stored document and 16 KiB for what a command puts around it. */
const MAX_DOCUMENT_SIZE = 16 * 1024 * 1024 + 16 * 1024

const BODY = 0
const SEQUENCE = 1

/**
 * The flags of an OP_MSG, its checksum verified. Throws `MalformedMessage`, which ends the
 * connection, where the sender expects something that cannot be known.
 */
export function readFlags(frame: Buffer): number {
  if (frame.length < HEADER_SIZE + 4) throw new MalformedMessage('OP_MSG without flags')
  const flags = readInt32(frame, HEADER_SIZE)
  const unknown = flags & REQUIRED_BITS & ~KNOWN_REQUIRED_BITS
  if (unknown !== 0)
    throw new MalformedMessage(`OP_MSG with unknown flags 0x${unknown.toString(16)}`)
  if (flags & MsgFlag.checksumPresent) checkChecksum(frame)
  return flags
}

function checkChecksum(frame: Buffer): void {
  const at = frame.length - 4
  if (at < HEADER_SIZE + 4) throw new MalformedMessage('OP_MSG without its checksum')
  if (crc32c(frame, 0, at) !== frame.readUInt32LE(at))
    throw new MalformedMessage('OP_MSG with a wrong checksum')
}

/**
 * The command in an OP_MSG, its documents being views of the frame. Only their extent is
 * checked here; what is in them is for `checkMessage`.
 */
export function readCommand(frame: Buffer, flags: number): CommandMessage {
  const end = flags & MsgFlag.checksumPresent ? frame.length - 4 : frame.length
  let body: Buffer | undefined
  let sequences: Map<string, readonly Buffer[]> | undefined
  let at = HEADER_SIZE + 4
  while (at < end) {
    const kind = frame[at++]
    if (kind === BODY) {
      if (body) throw new CommandError(40430, 'Multiple body sections in message')
      body = takeDocument(frame, at, end)
      at += body.length
    } else if (kind === SEQUENCE) {
      sequences ??= new Map()
      at = readSequence(frame, at, end, sequences)
    } else {
      throw new CommandError(40432, `Unknown section kind ${kind}`)
    }
  }
  if (!body) throw new CommandError(40587, 'OP_MSG messages must have a body')
  return { body, sequences }
}

function readSequence(
  frame: Buffer,
  at: number,
  limit: number,
  sequences: Map<string, readonly Buffer[]>,
): number {
  if (at + 5 > limit) throw invalid('document sequence is cut short')
  const end = at + readInt32(frame, at)
  const nameEnd = frame.indexOf(0, at + 4)
  if (end > limit || nameEnd === -1 || nameEnd >= end)
    throw invalid('document sequence length is wrong')
  const name = frame.toString('utf8', at + 4, nameEnd)
  if (sequences.has(name)) throw new CommandError(40431, `Duplicate document sequence: ${name}`)
  const documents: Buffer[] = []
  for (let doc = nameEnd + 1; doc < end; ) {
    const document = takeDocument(frame, doc, end)
    documents.push(document)
    doc += document.length
  }
  sequences.set(name, documents)
  return end
}

/** A view of the document at an offset, which must end within the limit. */
export function takeDocument(frame: Buffer, at: number, limit: number): Buffer {
  if (at + 5 > limit) throw invalid('document is cut short')
  const length = readInt32(frame, at)
  if (length > MAX_DOCUMENT_SIZE)
    throw new CommandError(
      'BSONObjectTooLarge',
      `BSONObj size: ${length} (0x${length.toString(16).toUpperCase()}) is invalid. ` +
        `Size must be between 0 and ${MAX_DOCUMENT_SIZE}(16MB)`,
    )
  if (length < 5 || at + length > limit) throw invalid('document length is wrong')
  return frame.subarray(at, at + length)
}

function invalid(what: string): CommandError {
  return new CommandError('InvalidBSON', `Invalid message: ${what}`)
}

/** Refuses a sequence that the body holds an argument of the same name beside. */
export function refuseDoubledArguments({ body, sequences }: CommandMessage): void {
  if (!sequences) return
  for (const name of sequences.keys()) {
    if (findElement(body, 0, Buffer.from(name)) !== -1)
      throw new CommandError(40433, `Duplicate field between body and document sequence ${name}`)
  }
}

/** The name of a command: its body's first element, or the empty string. */
export function commandName(body: Buffer): string {
  return body[4] === 0 ? '' : body.toString('utf8', 5, skipCString(body, 5) - 1)
}
