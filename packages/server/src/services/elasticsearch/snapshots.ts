/**
 * Snapshots of a managed cluster. Nodes may write only below a folder that their settings
 * name, so a snapshot is made there, in a repository of its own, whose files are the backup.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ObjectId } from '@gantry/bson'
import type { FileSink, FileSource } from '../../backups/files.js'
import { AppError } from '../../errors.js'
import type {
  BackupContent,
  BackupCount,
  BackupOptions,
  RestoreOptions,
  RestoreReport,
} from '../backup.js'
import type { ElasticsearchClient, JsonObject } from './connect.js'

/** The name of the one snapshot in a repository of ours. */
const SNAPSHOT = 'gantry'
const ALL = { indices: '*,-.*', include_global_state: false }
const WAIT = { wait_for_completion: 'true' }

/** Writes a snapshot of all indices but the cluster's own. */
export async function backUpSnapshot(
  client: ElasticsearchClient,
  snapshots: string,
  sink: FileSink,
  { signal, progress }: BackupOptions,
): Promise<BackupContent> {
  const folder = await newFolder(snapshots)
  try {
    await withRepository(client, folder, async (repository) => {
      const path = `/_snapshot/${repository}/${SNAPSHOT}`
      const { snapshot } = await client.request('PUT', path, { query: WAIT, body: ALL })
      const { state } = snapshot as JsonObject
      if (state === 'SUCCESS') return
      throw new AppError('unavailable', `the snapshot is not complete: its state is ${state}`)
    })
    const { name, version } = await client.family()
    return {
      format: `${name} snapshot repository`,
      serverVersion: version,
      consistency: 'parts',
      parts: { [name]: '/' },
      counts: await countsOf(client),
      bytes: await writeAll(folder, sink, signal, progress),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Replaces all indices by those of a snapshot. */
export async function restoreSnapshot(
  client: ElasticsearchClient,
  snapshots: string,
  source: FileSource,
  { signal, progress }: RestoreOptions,
): Promise<RestoreReport> {
  const folder = await newFolder(snapshots)
  try {
    await readAll(source, folder, signal, progress)
    await withRepository(client, folder, async (repository) => {
      for (const index of await userIndices(client)) {
        await client.request('DELETE', `/${encodeURIComponent(index)}`)
      }
      const path = `/_snapshot/${repository}/${SNAPSHOT}/_restore`
      await client.request('POST', path, { query: WAIT, body: ALL })
    })
    return { counts: await countsOf(client), warnings: [] }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function newFolder(snapshots: string): Promise<string> {
  const folder = join(snapshots, new ObjectId().toHexString())
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

async function withRepository(
  { request }: ElasticsearchClient,
  location: string,
  use: (repository: string) => Promise<void>,
): Promise<void> {
  const repository = `gantry-${new ObjectId().toHexString()}`
  const body = { type: 'fs', settings: { location, compress: true } }
  await request('PUT', `/_snapshot/${repository}`, { body })
  try {
    await use(repository)
  } finally {
    await request('DELETE', `/_snapshot/${repository}`)
  }
}

/** Resolves with how many bytes there were. */
async function writeAll(
  folder: string,
  sink: FileSink,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.path, entry.name))
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let done = 0
  for (const [i, file] of files.entries()) {
    signal.throwIfAborted()
    await sink.write(relative(folder, file).split(sep).join('/'), createReadStream(file))
    done += sizes[i]
    progress(total === 0 ? 1 : done / total)
  }
  return total
}

async function readAll(
  source: FileSource,
  folder: string,
  signal: AbortSignal,
  progress: (done: number) => void,
): Promise<void> {
  const files = await source.list()
  for (const [i, { name }] of files.entries()) {
    const file = join(folder, name)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await pipeline(source.read(name), createWriteStream(file, { mode: 0o600 }), { signal })
    progress((i + 1) / files.length)
  }
}

async function userIndices(client: ElasticsearchClient): Promise<string[]> {
  return (await countsOf(client)).map(({ name }) => name)
}

/** Each index but the cluster's own, with what it holds. */
async function countsOf({ request }: ElasticsearchClient): Promise<BackupCount[]> {
  const { indices } = await request('GET', '/_stats')
  return Object.entries((indices ?? {}) as { [name: string]: JsonObject })
    .filter(([name]) => !name.startsWith('.'))
    .map(([name, { primaries }]) => {
      const { docs, store } = primaries as { [part: string]: { [field: string]: number } }
      return { name, documents: docs?.count ?? 0, bytes: store?.size_in_bytes ?? 0 }
    })
}
