import { type Doc, decodeDocument, validateDocument } from '@gantry/bson'
import { Crc64 } from './crc64.js'
import { DocumentReader } from './document-reader.js'
import {
  type CollectionDescription,
  DamagedDump,
  type Dump,
  type DumpPart,
  namespaceOf,
} from './dump.js'
import { readMetadata, withoutMetadata } from './metadata.js'
import { MAGIC, OPLOG, segmentName } from './write-archive.js'

/** How an archive names time-series data, whose metadata goes by the name of the collection. */
const BUCKETS = 'system.buckets.'

/**
 * Opens an archive that mongodump or Gantry wrote, and reads as far as its list of collections.
 * `parts` can be iterated once, and checks the sum behind each collection.
 */
export async function openArchive(bytes: AsyncIterable<Buffer>): Promise<Dump> {
  const reader = new DocumentReader(bytes, 'the archive')
  if ((await reader.peek()) !== MAGIC.readInt32LE()) {
    throw new DamagedDump('this is no archive of mongodump: it begins with other bytes')
  }
  reader.skip()
  checkVersion(decode(await reader.document()))
  const collections: CollectionDescription[] = []
  let hasOplog = false
  while ((await reader.peek()) !== -1) {
    const metadata = decode(await reader.document())
    const { db, name } = namesIn(metadata)
    if (isOplog({ db, name })) hasOplog = true
    else collections.push(readMetadata(textOf(metadata), db, name))
  }
  reader.skip()
  return { collections, hasOplog, parts: () => parts(reader, collections, hasOplog) }
}

type Named = Pick<CollectionDescription, 'db' | 'name'>

/** A collection of which documents have come, and what they add up to. */
interface Segment {
  readonly collection: CollectionDescription | undefined
  readonly crc: Crc64
  done: boolean
}

async function* parts(
  reader: DocumentReader,
  collections: readonly CollectionDescription[],
  hasOplog: boolean,
): AsyncGenerator<DumpPart> {
  const segments = new Map<string, Segment>()
  const known = new Map(collections.map((collection) => [namespaceOf(collection), collection]))

  function segmentOf(names: Named): Segment {
    const key = namespaceOf(names)
    const crc = new Crc64()
    const collection = isOplog(names) ? undefined : collectionOf(names, known)
    const found = segments.get(key) ?? { collection, crc, done: false }
    segments.set(key, found)
    if (found.done)
      throw new DamagedDump(`the archive goes on with ${segmentName(names)} behind its end`)
    return found
  }

  try {
    for (;;) {
      const header = await nextHeader(reader)
      if (!header) break
      const names = namesIn(header)
      const segment = segmentOf(names)
      const { collection, crc } = segment
      if (header.get('EOF') === true) {
        if (header.get('CRC') !== crc.digest()) {
          throw new DamagedDump(`the checksum of ${segmentName(names)} does not fit its documents`)
        }
        segment.done = true
        yield { collection, chunk: undefined }
      }
      for (let chunk = await reader.chunk(); chunk; chunk = await reader.chunk()) {
        crc.update(chunk.bytes)
        yield { collection, chunk }
      }
      if ((await reader.peek()) !== -1)
        throw new DamagedDump('the archive ends within a collection')
      reader.skip()
    }
    checkComplete(collections, hasOplog, segments)
  } finally {
    await reader.close()
  }
}

async function nextHeader(reader: DocumentReader): Promise<Doc | undefined> {
  const size = await reader.peek()
  if (size === undefined) return undefined
  return decode(await reader.document())
}

/** An archive that was cut off between two collections looks whole, but for this. */
function checkComplete(
  collections: readonly CollectionDescription[],
  hasOplog: boolean,
  segments: ReadonlyMap<string, Segment>,
): void {
  const expected: Named[] = collections
    .filter(({ type }) => type !== 'view')
    .map(({ db, name, type }) => ({ db, name: type === 'timeseries' ? BUCKETS + name : name }))
  if (hasOplog) expected.push(OPLOG)
  for (const names of expected) {
    if (segments.get(namespaceOf(names))?.done) continue
    throw new DamagedDump(
      `the archive ends before ${segmentName(names)} does: it was not copied whole`,
    )
  }
}

function collectionOf(
  names: Named,
  known: ReadonlyMap<string, CollectionDescription>,
): CollectionDescription {
  const { db, name } = names
  const found = known.get(namespaceOf(names))
  if (found) return found
  return name.startsWith(BUCKETS)
    ? (known.get(namespaceOf({ db, name: name.slice(BUCKETS.length) })) ??
        withoutMetadata(db, name))
    : withoutMetadata(db, name)
}

function isOplog({ db, name }: Named): boolean {
  return db === OPLOG.db && name === OPLOG.name
}

function checkVersion(header: Doc): void {
  const version = header.get('version')
  if (version === '0.1') return
  throw new DamagedDump(`the archive is of version ${String(version)}, and only 0.1 is known`)
}

function namesIn(doc: Doc): Named {
  const db = doc.get('db')
  const name = doc.get('collection')
  if (typeof db === 'string' && typeof name === 'string') return { db, name }
  throw new DamagedDump('the archive has an entry that names no collection')
}

function textOf(doc: Doc): Buffer {
  const text = doc.get('metadata')
  return Buffer.from(typeof text === 'string' && text !== '' ? text : '{}')
}

function decode(bytes: Buffer): Doc {
  const fault = validateDocument(bytes)
  if (fault !== undefined) throw new DamagedDump(`the archive has a damaged entry: ${fault}`)
  return decodeDocument(bytes)
}
