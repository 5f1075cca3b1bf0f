/** Archives as `tar xzf` reads them, written as their files come. */
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

export interface ArchivedFile {
  /** Of ASCII letters, digits and `._-/`, at most 100 of them. */
  readonly path: string
  readonly content: Buffer
  readonly modifiedMs: number
}

const BLOCK = 512

/** Writes files into an archive, one at a time. */
export async function writeArchive(
  path: string,
  files: AsyncIterable<ArchivedFile>,
  signal: AbortSignal,
): Promise<void> {
  await pipeline(Readable.from(blocks(files)), createGzip(), createWriteStream(path), { signal })
}

async function* blocks(files: AsyncIterable<ArchivedFile>) {
  for await (const file of files) {
    yield header(file)
    yield file.content
    yield Buffer.alloc((BLOCK - (file.content.length % BLOCK)) % BLOCK)
  }
  yield Buffer.alloc(2 * BLOCK)
}

/** The block in front of a file, as POSIX.1-1988 has it: `ustar`. */
function header({ path, content, modifiedMs }: ArchivedFile): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
  if (Buffer.byteLength(path) > 100) throw new RangeError(`too long for an archive: ${path}`)
  block.write(path, 0, 'latin1')
  octal(0o600, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(content.length, 124, 11)
  octal(Math.floor(modifiedMs / 1000), 136, 11)
  // The sum of the block is taken with blanks in its own place.
  block.write('        ', 148, 'latin1')
  block.write('0', 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}
