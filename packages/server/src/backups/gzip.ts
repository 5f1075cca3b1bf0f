import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { DamagedDump } from './dump.js'

/** The bytes of a stream in gzip; compressed off the main thread. */
export async function* gzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* through(source, createGzip({ chunkSize: 64 * 1024 }))
}

/** What a stream in gzip holds. */
export async function* gunzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* through(source, createGunzip({ chunkSize: 256 * 1024 }))
  } catch (error) {
    if (!isDamage(error)) throw error
    throw new DamagedDump(`not whole or not in gzip: ${error.message}`, { cause: error })
  }
}

async function* through(
  source: AsyncIterable<Buffer>,
  filter: NodeJS.ReadWriteStream & AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const abort = new AbortController()
  const done = pipeline(Readable.from(source), filter, { signal: abort.signal, end: true })
  // The failure is that of the iteration, too; nobody waits for this one when it comes first.
  done.catch(() => {})
  try {
    yield* filter
    await done
  } finally {
    abort.abort()
  }
}

function isDamage(error: unknown): error is Error {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR'
}
