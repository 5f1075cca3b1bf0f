import type { CollectionDescription, DumpSource } from './dump.js'
import { fileNameOf } from './file-name.js'
import type { FileSink } from './files.js'
import { gzipped } from './gzip.js'
import { metadataText } from './metadata.js'

export interface DirectoryOptions {
  readonly gzip: boolean
  readonly toolVersion: string
}

/** Says in a dump's root what it was made with. */
export const PRELUDE = 'prelude.json'
export const OPLOG_FILE = 'oplog.bson'

/** Writes a source as the files of `mongodump --out`; with `gzip`, as `mongodump --out --gzip` compresses them. */
export async function writeDirectory(
  source: DumpSource,
  sink: FileSink,
  { gzip, toolVersion }: DirectoryOptions,
): Promise<void> {
  const { serverVersion } = source
  const ending = gzip ? '.gz' : ''

  const compressed = (content: AsyncIterable<Buffer>) => (gzip ? gzipped(content) : content)
  const write = (name: string, content: AsyncIterable<Buffer>) =>
    sink.write(`${name}${ending}`, compressed(content))

  const prelude = JSON.stringify({ ServerVersion: serverVersion, ToolVersion: toolVersion })
  await write(PRELUDE, only(prelude))
  for (const collection of source.collections) {
    const path = pathOf(collection)
    if (collection.type !== 'view')
      await write(`${path}.bson`, bytesOf(source.documents(collection)))
    await write(`${path}.metadata.json`, only(metadataText(collection)))
  }
  // Compressed or not, mongorestore looks for it under no other name.
  if (source.oplog) await sink.write(OPLOG_FILE, compressed(bytesOf(source.oplog())))
}

function pathOf({ db, name }: CollectionDescription): string {
  return `${db}/${fileNameOf(name)}`
}

async function* bytesOf(documents: ReturnType<DumpSource['documents']>): AsyncGenerator<Buffer> {
  for await (const { bytes } of documents) yield bytes
}

async function* only(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text)
}
