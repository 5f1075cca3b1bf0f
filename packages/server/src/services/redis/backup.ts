/**
 * Backups of all that a Redis process holds, taken while it serves.
 *
 * A backup has both forms that Redis knows: `dump.rdb`, a snapshot of one moment, and `aof/`, the
 * log of writes up to a later one. Each is whole by itself. A restore takes the log, or the
 * snapshot where there is only that, so a bare `dump.rdb` of any Redis can be restored, too.
 */
import { createReadStream } from 'node:fs'
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FileSink, FileSource } from '../../backups/files.js'
import { gunzipped, gzipped } from '../../backups/gzip.js'
import { isThere, syncFolder } from '../../data-dir/private-file.js'
import { AppError } from '../../errors.js'
import type { BackupContent, BackupCount, BackupOptions, RestoreOptions } from '../backup.js'
import { type Info, infoNumber, infoParts, infoText } from './info.js'
import type { RedisNode } from './node.js'
import { AOF_FOLDER, AOF_NAME, RDB_FILE } from './node-config.js'

const LOG_FOLDER = 'aof'
const MANIFEST = `${AOF_NAME}.manifest`
const GZIP = '.gz'

const LOOK_MS = 100
const PATIENCE_MS = 30 * 60_000

/** A file of a backup as it was at a moment: the process may append to it further. */
interface HeldFile {
  readonly name: string
  readonly path: string
  readonly size: number
}

/** Writes a backup of a process. */
export async function backUpNode(
  node: RedisNode,
  sink: FileSink,
  { label, gzip, signal, progress }: BackupOptions,
): Promise<BackupContent> {
  const info = await snapshot(node, signal)
  const held = join(node.data, '..', 'held')
  await rm(held, { recursive: true, force: true })
  await mkdir(held, { mode: 0o700 })
  try {
    const files = await hold(node, held, signal)
    const bytes = files.reduce((sum, { size }) => sum + size, 0)
    let done = 0
    const folder = `redis_${label}`
    for (const file of files) {
      const content = counted(file, signal, (count) => {
        done += count
        progress(Math.min(1, done / Math.max(1, bytes)))
      })
      const name = `${folder}/${file.name}`
      await sink.write(gzip ? name + GZIP : name, gzip ? gzipped(content) : content)
    }
    return {
      format: `Redis RDB and AOF${gzip ? ', gzip' : ''}`,
      serverVersion: infoText(info, 'server', 'redis_version') ?? '',
      consistency: 'snapshot',
      parts: { redis: `${folder}/` },
      counts: keyCounts(info),
      bytes,
    }
  } finally {
    await rm(held, { recursive: true, force: true })
  }
}

/** Keys of each database; Redis does not say how many bytes they take. */
export function keyCounts(info: Info): BackupCount[] {
  return [...(info.get('keyspace') ?? [])].map(([name, text]) => ({
    name,
    documents: Number(infoParts(text).get('keys')),
    bytes: 0,
  }))
}

/** Lays a backup out in the data folder of a process, which is there and empty. */
export async function layBackup(
  source: FileSource,
  data: string,
  { signal, progress }: Pick<RestoreOptions, 'signal' | 'progress'>,
): Promise<void> {
  const laid = layOut((await source.list()).map(({ name }) => name))
  if (laid.length === 0) {
    throw new AppError(
      'invalid',
      `no backup of Redis: it has neither ${RDB_FILE} nor ${LOG_FOLDER}/`,
    )
  }
  for (const [index, { name, place }] of laid.entries()) {
    const path = join(data, place)
    await mkdir(join(path, '..'), { recursive: true, mode: 0o700 })
    const bytes = source.read(name)
    await writeFileWhole(path, name.endsWith(GZIP) ? gunzipped(bytes) : bytes, signal)
    progress((index + 1) / laid.length)
  }
  await syncFolder(data)
}

/** Which files a process is given, and where: those of the log, or else the snapshot. */
function layOut(names: readonly string[]): { name: string; place: string }[] {
  const plain = (name: string) => (name.endsWith(GZIP) ? name.slice(0, -GZIP.length) : name)
  const below = new RegExp(`(?:^|/)${LOG_FOLDER}/([^/]+)$`)
  const log = names.flatMap((name) => {
    const file = below.exec(plain(name))?.[1]
    return file === undefined ? [] : [{ name, file }]
  })
  if (log.some(({ file }) => file === MANIFEST)) {
    return log.map(({ name, file }) => ({ name, place: `${AOF_FOLDER}/${file}` }))
  }
  const whole = log.find(({ file }) => file === AOF_NAME)
  // A log may begin with a snapshot, and then needs nothing else.
  const snapshot = names.find((name) => /(?:^|\/)[^/]+\.rdb$/.test(plain(name)))
  const name = whole?.name ?? snapshot
  return name === undefined ? [] : [{ name, place: AOF_NAME }]
}

/** Has a snapshot made that holds everything until now; one that is under way does not. */
async function snapshot(node: RedisNode, signal: AbortSignal): Promise<Info> {
  await settled(node, 'rdb_bgsave_in_progress', signal)
  const before = Number(await node.command(['LASTSAVE']))
  // Whole seconds tell two snapshots apart.
  while (Math.floor(Date.now() / 1000) <= before) await pause(LOOK_MS)
  await node.command(['BGSAVE', 'SCHEDULE'])
  for (;;) {
    const info = await settled(node, 'rdb_bgsave_in_progress', signal)
    if (infoNumber(info, 'persistence', 'rdb_last_save_time') > before) return info
    if (infoText(info, 'persistence', 'rdb_last_bgsave_status') !== 'ok') {
      throw new AppError('unavailable', 'Redis could not write a snapshot; its log says why')
    }
    await pause(LOOK_MS)
  }
}

/**
 * Links all files of a backup into a folder, where they stay however the process goes on. The
 * log is not rewritten meanwhile, so that its files belong together.
 */
async function hold(node: RedisNode, folder: string, signal: AbortSignal): Promise<HeldFile[]> {
  const files = [await heldFile(join(node.data, RDB_FILE), folder, RDB_FILE)]
  const setting = 'auto-aof-rewrite-percentage'
  await node.command(['CONFIG', 'SET', setting, '0'])
  try {
    await settled(node, 'aof_rewrite_in_progress', signal)
    await mkdir(join(folder, LOG_FOLDER), { mode: 0o700 })
    for (const path of await logFiles(node.data)) {
      const name = path.slice(path.lastIndexOf('/') + 1)
      files.push(await heldFile(path, folder, `${LOG_FOLDER}/${name}`))
    }
  } finally {
    await node.command(['CONFIG', 'SET', setting, '100'])
  }
  return files
}

async function heldFile(source: string, folder: string, name: string): Promise<HeldFile> {
  const path = join(folder, name)
  await link(source, path)
  return { name, path, size: (await stat(path)).size }
}

/** The files of the log, in the order of its writes. */
async function logFiles(data: string): Promise<string[]> {
  const folder = join(data, AOF_FOLDER)
  if (!(await isThere(folder))) return [join(data, AOF_NAME)]
  const manifest = await readFile(join(folder, MANIFEST), 'utf8')
  // What it does not name is left over from earlier.
  const names = [...manifest.matchAll(/^file (\S+) /gm)].map(([, name]) => name)
  return [MANIFEST, ...names].map((name) => join(folder, name))
}

/** Resolves when something is no longer under way. */
async function settled(node: RedisNode, field: string, signal: AbortSignal): Promise<Info> {
  const scheduled = field.replace('in_progress', 'scheduled')
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    signal.throwIfAborted()
    const info = await node.info()
    const is = (name: string) => infoNumber(info, 'persistence', name) === 1
    if (!is(field) && !is(scheduled)) return info
    if (Date.now() >= deadline) {
      throw new AppError('unavailable', 'Redis has been writing its data for half an hour')
    }
    await pause(LOOK_MS)
  }
}

async function* counted(
  { path, size }: HeldFile,
  signal: AbortSignal,
  count: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  if (size === 0) return
  for await (const chunk of createReadStream(path, { end: size - 1, highWaterMark: 256 * 1024 })) {
    signal.throwIfAborted()
    count(chunk.length)
    yield chunk
  }
}

async function writeFileWhole(
  path: string,
  content: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of content) {
      signal.throwIfAborted()
      await file.writeFile(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
