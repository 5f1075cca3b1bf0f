import { copyFile, open, stat, truncate } from 'node:fs/promises'

/** Beyond this a log is put aside as `….1`, so that both together take twice as much at most. */
const LIMIT = 16 * 1024 * 1024
/** As much of the end of a log as is read for its last lines. */
const TAIL = 1024 * 1024

/** The last lines of a file that a process writes, oldest first; none when there is no file. */
export async function lastLines(path: string, count: number): Promise<string[]> {
  let text: string
  try {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      const start = Math.max(0, size - TAIL)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, null, start)
      text = buffer.toString('utf8', 0, bytesRead)
      if (start > 0) text = text.slice(text.indexOf('\n') + 1)
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return count === 0 ? [] : lines.slice(-count)
}

/**
 * Puts a log that has grown too large aside. The process goes on writing to the same file,
 * which it has open for appending; lines written in between are lost.
 */
export async function limitLog(path: string): Promise<void> {
  try {
    if ((await stat(path)).size <= LIMIT) return
    await copyFile(path, `${path}.1`)
    await truncate(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
