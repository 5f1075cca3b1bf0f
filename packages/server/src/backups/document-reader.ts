import type { Chunk } from './dump.js'
import { DamagedDump } from './dump.js'

/** MongoDB's limit of 16 MiB, and what its own entries may take beyond it. */
const LARGEST_DOCUMENT = 16 * 1024 * 1024 + 16 * 1024
const SMALLEST_DOCUMENT = 5
/** About the size of the chunks that come out, unless one document is larger. */
const CHUNK = 1024 * 1024

/**
 * Cuts a stream of bytes into whole documents, and keeps no more of it than the one that is
 * not whole yet.
 */
export class DocumentReader {
  private window: Buffer = Buffer.alloc(0)
  private at = 0
  private readonly source: AsyncIterator<Buffer>

  /** `what` names the stream in errors. */
  constructor(
    source: AsyncIterable<Buffer>,
    private readonly what: string,
  ) {
    this.source = source[Symbol.asyncIterator]()
  }

  /** The next 32 bits as they would be the length of a document; undefined at the end. They are not consumed. */
  async peek(): Promise<number | undefined> {
    const got = await this.fill(4)
    if (got === 0) return undefined
    if (got < 4) throw this.damage('ends within a length')
    return this.window.readInt32LE(this.at)
  }

  /** Goes on behind the four bytes that `peek` has shown. */
  skip(): void {
    this.at += 4
  }

  /** The next document, which must be there; valid for as long as the caller holds it. */
  async document(): Promise<Buffer> {
    const size = this.sizeOf(await this.peek())
    await this.whole(size)
    const bytes = Buffer.from(this.window.subarray(this.at, this.at + size))
    this.at += size
    return bytes
  }

  /** As many documents as are at hand, up to about a mebibyte, at least one; undefined when none follows: the stream ends or `peek` shows -1. */
  async chunk(): Promise<Chunk | undefined> {
    const first = await this.peek()
    if (first === undefined || first === -1) return undefined
    await this.whole(this.sizeOf(first))
    const start = this.at
    let count = 0
    while (this.at - start < CHUNK && this.window.length - this.at >= 4) {
      const size = this.window.readInt32LE(this.at)
      if (size === -1) break
      if (this.sizeOf(size) > this.window.length - this.at) break
      if (this.window[this.at + size - 1] !== 0) throw this.damage('has a document without an end')
      this.at += size
      count++
    }
    return { bytes: this.window.subarray(start, this.at), count }
  }

  /** Lets go of the stream before its end. */
  async close(): Promise<void> {
    await this.source.return?.()
  }

  private sizeOf(size: number | undefined): number {
    if (size === undefined) throw this.damage('ends where a document must follow')
    if (size >= SMALLEST_DOCUMENT && size <= LARGEST_DOCUMENT) return size
    throw this.damage(`has ${size} where the length of a document must be`)
  }

  private async whole(size: number): Promise<void> {
    if ((await this.fill(size)) < size) throw this.damage('ends within a document')
  }

  /** Reads on until so many bytes are at hand; answers how many there are, fewer only at the end. */
  private async fill(wanted: number): Promise<number> {
    let left = this.window.length - this.at
    if (left >= wanted) return left
    const pieces = [this.window.subarray(this.at)]
    while (left < wanted) {
      const { done, value } = await this.source.next()
      if (done) break
      pieces.push(value)
      left += value.length
    }
    this.window = pieces.length === 2 && pieces[0].length === 0 ? pieces[1] : Buffer.concat(pieces)
    this.at = 0
    return left
  }

  private damage(how: string): DamagedDump {
    return new DamagedDump(`${this.what} ${how}: it is damaged or was not copied whole`)
  }
}
