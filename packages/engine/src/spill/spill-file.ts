import { close, ftruncate, openSync, readSync, unlink, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { CommandError } from '../errors.js'
import type { SpillFile, SpillReader } from './working-memory.js'

/** Bytes gathered before they are written. */
const WRITE_BUFFER = 64 * 1024

/** A temporary file that `dropped` is told of, with a promise that it is gone from the disk. */
export function createSpillFile(path: string, dropped: (gone: Promise<void>) => void): SpillFile {
  let descriptor: number | undefined = openSync(path, 'wx+', 0o600)
  const pending = Buffer.allocUnsafeSlow(WRITE_BUFFER)
  let held = 0
  let written = 0

  function flush(): void {
    writeAll(pending.subarray(0, held))
    held = 0
  }

  function writeAll(bytes: Uint8Array): void {
    const file = opened(descriptor)
    try {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(file, bytes, at, bytes.length - at, written + at)
      }
    } catch (error) {
      throw isFull(error) ? noSpace(error) : error
    }
    written += bytes.length
  }

  return {
    get size() {
      return written + held
    },
    write(bytes) {
      if (held + bytes.length > WRITE_BUFFER) flush()
      if (bytes.length > WRITE_BUFFER) return writeAll(bytes)
      pending.set(bytes, held)
      held += bytes.length
    },
    read(start, end, bufferBytes) {
      flush()
      return createReader(() => opened(descriptor), start, end, bufferBytes)
    },
    drop() {
      if (descriptor === undefined) return
      const file = descriptor
      descriptor = undefined
      dropped(remove(path, file))
    },
  }
}

/** Cuts the file off first: giving back many blocks takes long, and is nothing for the event loop. */
async function remove(path: string, descriptor: number): Promise<void> {
  await promisify(unlink)(path)
  await promisify(ftruncate)(descriptor, 0)
  await promisify(close)(descriptor)
}

function createReader(
  file: () => number,
  start: number,
  end: number,
  bufferBytes: number,
): SpillReader {
  const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(bufferBytes, end - start)))
  let from = start
  let to = start
  return {
    bytes(at, length) {
      const bytes = Buffer.allocUnsafe(length)
      if (at < from || at + length > to) {
        if (length >= buffer.length) {
          readAll(file(), bytes, at)
          return bytes
        }
        from = at
        to = Math.min(at + buffer.length, end)
        readAll(file(), buffer.subarray(0, to - from), from)
      }
      buffer.copy(bytes, 0, at - from, at - from + length)
      return bytes
    },
  }
}

function readAll(descriptor: number, into: Buffer, position: number): void {
  for (let at = 0; at < into.length; ) {
    const count = readSync(descriptor, into, at, into.length - at, position + at)
    if (count === 0) throw new Error('a temporary file ends too early')
    at += count
  }
}

/** A file is given back under a query at work only when its cursor was killed. */
function opened(descriptor: number | undefined): number {
  if (descriptor === undefined) throw new CommandError('CursorKilled', 'cursor was killed')
  return descriptor
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
}

function noSpace(error: unknown): CommandError {
  return new CommandError('OutOfDiskSpace', `Cannot spill to disk: ${(error as Error).message}`)
}
