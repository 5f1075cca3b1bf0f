import { createHash } from 'node:crypto'
import { encodeDocument } from '@gantry/bson'
import {
  type Chunk,
  type CollectionDescription,
  DamagedDump,
  type DumpSource,
  namespaceOf,
} from '../../backups/dump.js'
import type { FileSink } from '../../backups/files.js'
import { gzipped } from '../../backups/gzip.js'
import { archiveOf } from '../../backups/write-archive.js'
import { writeDirectory } from '../../backups/write-directory.js'
import { AppError } from '../../errors.js'
import type { BackupContent, BackupCount, BackupOptions } from '../backup.js'
import { type Dumpable, inDumpOrder, USERS, VERSION } from './dumped-collections.js'

/** What mongorestore takes for the version of the tool; of ours, there is one. */
const TOOL_VERSION = 'gantry'

/** Writes what is to be dumped as mongodump would, and counts on the way. */
export async function writeBackup(
  dumpable: Dumpable,
  sink: FileSink,
  options: BackupOptions,
): Promise<BackupContent> {
  const { bytes: expected, consistency, name } = dumpable
  const { label, layout, gzip, signal, progress } = options
  refuseTimeSeries(dumpable.source)
  const counts: BackupCount[] = []
  let bytes = 0
  const source = counted(withVersion(dumpable.source), counts, (chunk) => {
    signal.throwIfAborted()
    bytes += chunk.bytes.length
    progress(Math.min(1, bytes / Math.max(1, expected)))
  })
  const files = `${name}_${label}`
  let file = `${files}.archive${gzip ? '.gz' : ''}`
  if (layout === 'archive') {
    const archive = archiveOf(source, TOOL_VERSION)
    await sink.write(file, gzip ? gzipped(archive) : archive)
  } else {
    file = `${files}/`
    const write: FileSink['write'] = (path, content) => sink.write(`${files}/${path}`, content)
    await writeDirectory(source, { write }, { gzip, toolVersion: TOOL_VERSION })
  }
  const format = `mongodump ${layout}${gzip ? ', gzip' : ''}`
  const { serverVersion } = source
  const last = dumpable.lastChange()
  return {
    format,
    serverVersion,
    consistency,
    parts: { [name]: file },
    counts,
    bytes,
    ...(last && { lastChange: { seconds: last.t, increment: last.i } }),
  }
}

/** mongorestore takes users only with the version of their form, which is kept in a collection of its own. */
function withVersion(source: DumpSource): DumpSource {
  const names = source.collections.map(namespaceOf)
  if (!names.includes(USERS) || names.includes(VERSION)) return source
  const version: CollectionDescription = {
    db: 'admin',
    name: 'system.version',
    type: 'collection',
    options: new Map(),
    indexes: [],
  }
  const document = encodeDocument({ _id: 'authSchema', currentVersion: 5 })
  return {
    ...source,
    collections: inDumpOrder([version, ...source.collections]),
    documents: (collection) =>
      collection === version ? only(document) : source.documents(collection),
  }
}

async function* only(document: Buffer): AsyncGenerator<Chunk> {
  yield { bytes: document, count: 1 }
}

/** The same source, which tells `counts` and `told` what goes through. */
function counted(
  source: DumpSource,
  counts: BackupCount[],
  told: (chunk: Chunk) => void,
): DumpSource {
  async function* count(name: string, chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
    const hash = createHash('sha256')
    let documents = 0
    let bytes = 0
    for await (const chunk of chunks) {
      told(chunk)
      hash.update(chunk.bytes)
      documents += chunk.count
      bytes += chunk.bytes.length
      yield chunk
    }
    counts.push({ name, documents, bytes, sha256: hash.digest('hex') })
  }

  const { oplog } = source
  return {
    ...source,
    documents: (collection) => count(namespaceOf(collection), source.documents(collection)),
    ...(oplog && { oplog: () => count('oplog', oplog()) }),
  }
}

function refuseTimeSeries({ collections }: DumpSource): void {
  const names = collections.filter(({ type }) => type === 'timeseries').map(namespaceOf)
  if (names.length === 0) return
  throw new AppError(
    'unsupported',
    `time-series collections cannot be backed up: ${names.join(', ')}; use mongodump for this instance`,
  )
}

/** As what went wrong is to be told: a dump that cannot be read is no bug of ours. */
export function asBackupError(error: unknown): unknown {
  if (!(error instanceof DamagedDump)) return error
  return new AppError('invalid', `the backup is damaged: ${error.message}`, {}, { cause: error })
}
