import { createHash } from 'node:crypto'
import type { FileSink, FileSource } from '../../backups/files.js'
import { AppError } from '../../errors.js'
import type { BackupContent } from '../../services/backup.js'
import type { Backup } from './backup.js'

/** Written last: a folder without it is no backup. */
export const MANIFEST = 'manifest.json'

/** A file as it was written. */
export interface ManifestFile {
  readonly name: string
  readonly size: number
  /** In hexadecimal. */
  readonly sha256: string
}

/** What a backup says of itself, so that it can be read without the server that made it. */
export interface Manifest {
  /** Version of this form. */
  readonly gantryBackup: 1
  readonly id: string
  readonly instance: { readonly id: string; readonly name: string; readonly type: string }
  readonly service: string
  readonly created: string
  readonly content: BackupContent
  readonly files: readonly ManifestFile[]
}

/** A sink that passes everything on and keeps the size and checksum of each file. */
export function summedSink(sink: FileSink): { sink: FileSink; files: ManifestFile[] } {
  const files: ManifestFile[] = []
  return {
    files,
    sink: {
      async write(name, content) {
        const sum = createSum()
        await sink.write(name, summed(content, sum.add))
        files.push({ name, ...sum.end() })
      },
    },
  }
}

/** Writes the manifest of a backup whose files are all there. */
export async function writeManifest(
  sink: FileSink,
  { id, instance, instanceName, instanceType, service, createdMs }: Backup,
  content: BackupContent,
  files: readonly ManifestFile[],
): Promise<void> {
  const manifest: Manifest = {
    gantryBackup: 1,
    id,
    instance: { id: instance, name: instanceName, type: instanceType },
    service,
    created: new Date(createdMs).toISOString(),
    content,
    files,
  }
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
  await sink.write(MANIFEST, once(text))
}

export async function readManifest(source: FileSource): Promise<Manifest> {
  const chunks: Buffer[] = []
  for await (const chunk of source.read(MANIFEST)) chunks.push(chunk)
  try {
    return JSON.parse(String(Buffer.concat(chunks))) as Manifest
  } catch (cause) {
    throw new AppError('invalid', 'the manifest of the backup is damaged', {}, { cause })
  }
}

/** Reads every file and rejects with `invalid` when one is not as it was written. `told` gets the bytes as they are read. */
export async function checkFiles(
  source: FileSource,
  { files }: Manifest,
  told: (bytes: number) => void,
): Promise<void> {
  for (const { name, size, sha256 } of files) {
    const sum = createSum()
    for await (const chunk of source.read(name)) {
      sum.add(chunk)
      told(chunk.length)
    }
    const found = sum.end()
    if (found.size !== size) {
      throw new AppError(
        'invalid',
        `${name} has ${found.size} bytes and not ${size}: it is damaged`,
      )
    }
    if (found.sha256 !== sha256) {
      throw new AppError('invalid', `the checksum of ${name} is not what it was: it is damaged`)
    }
  }
}

/** Only what the manifest names, so that the service does not read the manifest as its own. */
export function withoutManifest(source: FileSource): FileSource {
  return {
    list: async () => (await source.list()).filter(({ name }) => name !== MANIFEST),
    read: (name) => source.read(name),
  }
}

function createSum() {
  const hash = createHash('sha256')
  let size = 0
  return {
    add(chunk: Buffer) {
      hash.update(chunk)
      size += chunk.length
    },
    end: () => ({ size, sha256: hash.digest('hex') }),
  }
}

async function* summed(content: AsyncIterable<Buffer>, add: (chunk: Buffer) => void) {
  for await (const chunk of content) {
    add(chunk)
    yield chunk
  }
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
