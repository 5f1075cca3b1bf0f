/** Log files that were put aside: the newest as they are, then packed ones, then none. */
import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { LogRotation } from '../goal.js'

export interface KeptLog {
  readonly path: string
  readonly size: number
  readonly rotatedMs: number
  readonly isPacked: boolean
}

const UNCOMPRESSED = 5
const PERCENT_OF_DISK = 0.02
/** What MongoDB puts behind the name of a log that it puts aside, and we behind that. */
const SUFFIX = /^\.(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)(-\d+)?(\.gz)?$/
const PACKED = '.gz'
const UNFINISHED = '.part'

/** Those of a log, the newest first. */
export async function listOldLogs(path: string): Promise<KeptLog[]> {
  const [folder, name] = [dirname(path), basename(path)]
  const names = await readdir(folder).catch(() => [])
  const found = names.filter(
    (other) => other.startsWith(name) && SUFFIX.test(other.slice(name.length)),
  )
  const logs = await Promise.all(
    found.map(async (other) => {
      const at = join(folder, other)
      const file = await stat(at).catch(() => undefined)
      return (
        file && {
          path: at,
          size: file.size,
          rotatedMs: timeIn(other.slice(name.length)),
          isPacked: other.endsWith(PACKED),
        }
      )
    }),
  )
  return logs
    .filter((log) => log !== undefined)
    .sort((a, b) => b.rotatedMs - a.rotatedMs || (a.path < b.path ? 1 : -1))
}

function timeIn(suffix: string): number {
  const [, text] = SUFFIX.exec(suffix) ?? []
  const [day, time] = (text ?? '').split('T')
  return Date.parse(`${day}T${time.replaceAll('-', ':')}Z`)
}

/** Packs and removes what is more than is to be kept. */
export async function tidyOldLogs(path: string, rotation: LogRotation): Promise<void> {
  const {
    numUncompressed = UNCOMPRESSED,
    numTotal = 0,
    percentOfDiskspace = PERCENT_OF_DISK,
  } = rotation
  const logs = await listOldLogs(path)
  for (const log of logs.slice(numUncompressed)) if (!log.isPacked) await pack(log.path)
  const disk = await statfs(dirname(path))
  const most = percentOfDiskspace > 0 ? disk.blocks * disk.bsize * percentOfDiskspace : Infinity
  let bytes = 0
  for (const [i, log] of (await listOldLogs(path)).entries()) {
    bytes += log.size
    // The latest is kept in any case: it may tell why there is so much.
    const isTooMany = numTotal > 0 && i >= numTotal
    if (i > 0 && (isTooMany || bytes > most)) await rm(log.path, { force: true })
  }
}

async function pack(path: string): Promise<void> {
  const { mode } = await stat(path)
  const unfinished = path + UNFINISHED
  await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode }))
  await rename(unfinished, path + PACKED)
  await rm(path)
}
