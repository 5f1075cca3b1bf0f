import { DocumentReader } from './document-reader.js'
import { type CollectionDescription, DamagedDump, type Dump, type DumpPart } from './dump.js'
import { collectionOf } from './file-name.js'
import type { FileSource } from './files.js'
import { gunzipped } from './gzip.js'
import { readMetadata, withoutMetadata } from './metadata.js'
import { OPLOG_FILE } from './write-directory.js'

const BSON = /\.bson(\.gz)?$/
const METADATA = /\.metadata\.json(\.gz)?$/
/** Time-series data, whose metadata goes by the name of the collection. */
const BUCKETS = 'system.buckets.'
/** Users and roles of one database, as `mongodump --dumpDbUsersAndRoles` keeps them there. */
const OF_ADMIN = '$admin.'

/** The files of a collection; either may be missing. */
interface Found {
  readonly db: string
  /** As the files are called, unescaped. */
  readonly name: string
  data?: string
  metadata?: string
}

/** Opens the files that `mongodump --out` or Gantry wrote, compressed or not. `parts` may be iterated again. */
export async function openDirectory(source: FileSource): Promise<Dump> {
  const files = (await source.list()).map(({ name }) => name)
  const found = collectionFiles(files)
  const oplog = files.find((name) => name === OPLOG_FILE)
  // mongodump compresses all files or none, and calls the oplog's the same either way.
  const gzip = files.some((name) => name.endsWith('.gz'))
  if (found.length === 0 && !oplog) {
    throw new DamagedDump(
      'no files of a dump are here: DATABASE/COLLECTION.bson is what they are called',
    )
  }
  const described = new Map<Found, CollectionDescription>()
  for (const files of found) described.set(files, await describe(source, files))
  return {
    collections: [...described.values()],
    hasOplog: oplog !== undefined,
    async *parts() {
      for (const [{ data }, collection] of described) {
        if (data !== undefined) yield* documentsIn(source, data, collection, data.endsWith('.gz'))
      }
      if (oplog !== undefined) yield* documentsIn(source, oplog, undefined, gzip)
    },
  }
}

function collectionFiles(files: readonly string[]): Found[] {
  const found = new Map<string, Found>()
  for (const path of files) {
    const [db, file, ...more] = path.split('/')
    if (file === undefined || more.length > 0) continue
    const kind = METADATA.test(file) ? 'metadata' : BSON.test(file) ? 'data' : undefined
    if (!kind) continue
    const unescaped = collectionOf(file.replace(METADATA, '').replace(BSON, ''))
    const name = nameOf(unescaped)
    const key = `${db}/${name}`
    const entry = found.get(key) ?? { db: unescaped.startsWith(OF_ADMIN) ? 'admin' : db, name }
    entry[kind] = path
    found.set(key, entry)
  }
  return [...found.values()]
}

function nameOf(unescaped: string): string {
  if (unescaped.startsWith(OF_ADMIN)) return unescaped.slice(OF_ADMIN.length)
  return unescaped.startsWith(BUCKETS) ? unescaped.slice(BUCKETS.length) : unescaped
}

async function describe(source: FileSource, { db, name, metadata }: Found) {
  if (metadata === undefined) return withoutMetadata(db, name)
  const text: Buffer[] = []
  for await (const bytes of open(source, metadata, metadata.endsWith('.gz'))) text.push(bytes)
  return readMetadata(Buffer.concat(text), db, name)
}

async function* documentsIn(
  source: FileSource,
  file: string,
  collection: CollectionDescription | undefined,
  gzip: boolean,
): AsyncGenerator<DumpPart> {
  const reader = new DocumentReader(open(source, file, gzip), file)
  try {
    for (let chunk = await reader.chunk(); chunk; chunk = await reader.chunk()) {
      yield { collection, chunk }
    }
    if ((await reader.peek()) !== undefined) {
      throw new DamagedDump(`${file} has the end of an archive's collection in it: it is damaged`)
    }
  } finally {
    await reader.close()
  }
  yield { collection, chunk: undefined }
}

function open(source: FileSource, file: string, gzip: boolean): AsyncIterable<Buffer> {
  const bytes = source.read(file)
  return gzip ? gunzipped(bytes) : bytes
}
