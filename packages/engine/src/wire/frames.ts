import { readInt32 } from '@gantry/bson'

/** MongoDB's `maxMessageSizeBytes`, the header included. */
export const MAX_MESSAGE_SIZE = 48_000_000

export const HEADER_SIZE = 16

/** What a partly received message may take before more of it has come. */
const FIRST_CAPACITY = 64 * 1024

/** The bytes on a connection are no message, so nothing behind them can be read either. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
}

/**
 * Cuts a stream of chunks into messages. A message that lies within one chunk is a view of it;
 * one that spans several is gathered in memory that grows with what has really come,
 * whatever length its header claims.
 */
export class FrameReader {
  private partial: Buffer | undefined
  /** Bytes of `partial` that are filled. */
  private filled = 0

  /** The messages that the chunk completes, in order. Throws `MalformedMessage` on an impossible length. */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = []
    let at = this.partial ? this.fill(this.partial, chunk, frames) : 0
    while (chunk.length - at >= 4) {
      const end = at + frameLength(chunk, at)
      if (end > chunk.length) break
      frames.push(chunk.subarray(at, end))
      at = end
    }
    if (at < chunk.length) this.keep(chunk, at)
    return frames
  }

  /** Adds to the message under way; returns where in the chunk the next one starts. */
  private fill(partial: Buffer, chunk: Buffer, frames: Buffer[]): number {
    let at = 0
    if (this.filled < 4) {
      at = chunk.copy(partial, this.filled, 0, 4 - this.filled)
      this.filled += at
      if (this.filled < 4) return at
    }
    const length = frameLength(partial, 0)
    const end = Math.min(chunk.length, at + length - this.filled)
    const grown = withCapacity(partial, this.filled, this.filled + end - at, length)
    chunk.copy(grown, this.filled, at, end)
    this.filled += end - at
    if (this.filled === length) {
      frames.push(grown.length === length ? grown : grown.subarray(0, length))
      this.partial = undefined
      this.filled = 0
    } else {
      this.partial = grown
    }
    return end
  }

  private keep(chunk: Buffer, at: number): void {
    const rest = chunk.length - at
    const length = rest < 4 ? HEADER_SIZE : frameLength(chunk, at)
    this.partial = withCapacity(EMPTY, 0, rest, length)
    this.filled = chunk.copy(this.partial, 0, at)
  }
}

const EMPTY = Buffer.alloc(0)

function frameLength(buf: Buffer, at: number): number {
  const length = readInt32(buf, at)
  if (length < HEADER_SIZE || length > MAX_MESSAGE_SIZE)
    throw new MalformedMessage(`message length ${length} is not between 16 and ${MAX_MESSAGE_SIZE}`)
  return length
}

function withCapacity(buf: Buffer, filled: number, needed: number, length: number): Buffer {
  if (buf.length >= needed) return buf
  const capacity = Math.min(length, Math.max(needed, buf.length * 2, FIRST_CAPACITY))
  const grown = Buffer.allocUnsafeSlow(capacity)
  buf.copy(grown, 0, 0, filled)
  return grown
}
