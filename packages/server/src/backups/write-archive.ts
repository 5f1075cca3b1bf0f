import { encodeDocument } from '@gantry/bson'
import { Crc64 } from './crc64.js'
import { type Chunk, type CollectionDescription, type DumpSource, namespaceOf } from './dump.js'
import { metadataText } from './metadata.js'

/** The first four bytes of every archive. */
export const MAGIC = Buffer.from([0x6d, 0xe2, 0x99, 0x81])
/** Stands where a document's length would be, and ends what came before. */
export const TERMINATOR = Buffer.from([0xff, 0xff, 0xff, 0xff])

const FORMAT_VERSION = '0.1'
/** What the oplog is called in an archive; its database has no name. */
export const OPLOG = { db: '', name: 'oplog' }

/** The archive of a source, as `mongodump --archive` writes it; one collection after the other. */
export async function* archiveOf(source: DumpSource, toolVersion: string): AsyncGenerator<Buffer> {
  yield prelude(source, toolVersion)
  for (const collection of source.collections) {
    // mongorestore waits for the end of a view, too, though it has no documents.
    const isView = collection.type === 'view'
    yield* segment(collection, isView ? none() : source.documents(collection))
  }
  if (source.oplog) yield* segment(OPLOG, source.oplog())
}

function prelude({ collections, serverVersion, oplog }: DumpSource, toolVersion: string): Buffer {
  const header = encodeDocument({
    concurrent_collections: 1,
    version: FORMAT_VERSION,
    server_version: serverVersion,
    tool_version: toolVersion,
  })
  const metadata = collections.map((collection) =>
    encodeMetadata(collection, metadataText(collection), collection.type),
  )
  if (oplog) metadata.push(encodeMetadata(OPLOG, '', ''))
  return Buffer.concat([MAGIC, header, ...metadata, TERMINATOR])
}

type Named = Pick<CollectionDescription, 'db' | 'name'>

function encodeMetadata({ db, name }: Named, metadata: string, type: string): Buffer {
  // mongodump leaves the size at zero, too.
  return encodeDocument({ db, collection: name, metadata, size: 0, type })
}

async function* none(): AsyncGenerator<Chunk> {}

/** The documents of a collection, and behind them the mark that no more will come. */
async function* segment(
  { db, name }: Named,
  documents: AsyncIterable<Chunk>,
): AsyncGenerator<Buffer> {
  const crc = new Crc64()
  let isOpen = false
  for await (const { bytes } of documents) {
    crc.update(bytes)
    if (!isOpen) yield encodeDocument({ db, collection: name, EOF: false, CRC: 0n })
    isOpen = true
    yield bytes
  }
  const end = encodeDocument({ db, collection: name, EOF: true, CRC: crc.digest() })
  yield Buffer.concat([...(isOpen ? [TERMINATOR] : []), end, TERMINATOR])
}

/** For errors: which collection it is about. */
export function segmentName({ db, name }: Named): string {
  return db === '' && name === OPLOG.name ? 'the oplog' : namespaceOf({ db, name })
}
