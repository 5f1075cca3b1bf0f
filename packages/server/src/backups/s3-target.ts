import { Readable } from 'node:stream'
import { AppError } from '../errors.js'
import type { FileEntry, FileSink, FileSource } from './files.js'
import { s3Error } from './s3-error.js'
import type { BackupTarget } from './target.js'

type Library = typeof import('./s3-library.js')
type Client = InstanceType<Library['S3Client']>

/** A bucket, and what is needed to reach it. */
export interface S3Settings {
  readonly bucket: string
  /** Undefined: that of AWS in the region. */
  readonly endpoint: string | undefined
  readonly region: string
  /** What all keys begin with, without the slash that follows; undefined: nothing. */
  readonly prefix: string | undefined
  readonly accessKey: string
  readonly secretKey: string
}

/** There are at most 10 000 parts, so that a file has up to 160 GiB; two are in memory, and one being filled. */
const PART = 16 * 1024 * 1024
const PARTS_AT_ONCE = 2
const REMOVALS_AT_ONCE = 16

interface Store {
  readonly library: Library
  readonly client: Client
}

/** Backups in a bucket of S3 or of whatever speaks its protocol; the bucket must be there. */
export function s3Target(settings: S3Settings): BackupTarget {
  const { bucket, prefix } = settings
  let opened: Promise<Store> | undefined
  const open = () => {
    opened ??= openStore(settings)
    return opened
  }
  const keyOf = (path: string) => within(prefix, path)
  return {
    kind: 's3',
    files: (path) => s3Files(open, settings, keyOf(path)),
    async remove(path) {
      const start = `${keyOf(path)}/`
      const store = await open()
      try {
        await abortUploads(store, bucket, start).catch(unlessUnknown)
        await removeObjects(store, bucket, start)
      } catch (error) {
        throw s3Error(error, settings)
      }
    },
    locate: (path) => `s3://${bucket}/${keyOf(path)}`,
    async check() {
      const { client, library } = await open()
      const first = { Bucket: bucket, MaxKeys: 1 }
      try {
        // Not `HeadBucket`, whose answer has no room for what is wrong.
        await client.send(
          new library.ListObjectsV2Command({ ...first, ...(prefix && { Prefix: `${prefix}/` }) }),
        )
      } catch (error) {
        throw s3Error(error, settings)
      }
    },
  }
}

async function openStore({ endpoint, region, accessKey, secretKey }: S3Settings): Promise<Store> {
  const library = await import('./s3-library.js')
  const client = new library.S3Client({
    region,
    ...(endpoint !== undefined && { endpoint }),
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    forcePathStyle: true,
    // Many stores do not know the newer checksums; the manifest of a backup has one for each file.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 10_000,
      requestTimeout: 300_000,
      throwOnRequestTimeout: true,
    },
  })
  return { library, client }
}

function s3Files(
  open: () => Promise<Store>,
  settings: S3Settings,
  folder: string,
): FileSink & FileSource {
  const { bucket } = settings
  return {
    async write(name, content) {
      const key = within(folder, name)
      let failed: { error: unknown } | undefined
      async function* watched() {
        try {
          yield* content
        } catch (error) {
          failed = { error }
          throw error
        }
      }
      try {
        await upload(await open(), bucket, key, watched())
      } catch (error) {
        throw failed ? failed.error : s3Error(error, settings)
      }
    },
    async list() {
      const start = `${folder}/`
      const files: FileEntry[] = []
      try {
        for await (const page of pages(await open(), bucket, start)) {
          for (const { key, size } of page) files.push({ name: key.slice(start.length), size })
        }
      } catch (error) {
        throw s3Error(error, settings)
      }
      return files.sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async *read(name) {
      const { client, library } = await open()
      const Key = within(folder, name)
      try {
        const { Body } = await client.send(new library.GetObjectCommand({ Bucket: bucket, Key }))
        yield* Body as Readable
      } catch (error) {
        if ((error as Error).name !== 'NoSuchKey') throw s3Error(error, settings)
        throw new AppError('not_found', `the file ${name} of the backup is missing`)
      }
    },
  }
}

/** What fits into a part goes in one request; more goes in parts, which are no object until all are there. */
async function upload(
  { client, library }: Store,
  bucket: string,
  key: string,
  content: AsyncIterable<Buffer>,
): Promise<void> {
  const body = Readable.from(content, { highWaterMark: 1 })
  const work = new library.Upload({
    client,
    params: { Bucket: bucket, Key: key, Body: body },
    partSize: PART,
    queueSize: PARTS_AT_ONCE,
    leavePartsOnError: false,
  })
  try {
    await work.done()
  } finally {
    body.destroy()
  }
}

async function* pages({ client, library }: Store, bucket: string, start: string) {
  let next: string | undefined
  do {
    const input = { Bucket: bucket, Prefix: start, ...(next && { ContinuationToken: next }) }
    const { Contents = [], ...page } = await client.send(new library.ListObjectsV2Command(input))
    yield Contents.map(({ Key = '', Size = 0 }) => ({ key: Key, size: Size }))
    next = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (next)
}

/** One by one, as not every store removes several at once. */
async function removeObjects(store: Store, bucket: string, start: string): Promise<void> {
  const { client, library } = store
  for await (const page of pages(store, bucket, start)) {
    for (let at = 0; at < page.length; at += REMOVALS_AT_ONCE) {
      const some = page.slice(at, at + REMOVALS_AT_ONCE)
      await Promise.all(
        some.map(({ key }) =>
          client.send(new library.DeleteObjectCommand({ Bucket: bucket, Key: key })),
        ),
      )
    }
  }
}

/** What a server that was killed had begun to upload would be kept, and paid for, unseen. */
async function abortUploads({ client, library }: Store, bucket: string, start: string) {
  let marks = {}
  for (;;) {
    const input = { Bucket: bucket, Prefix: start, ...marks }
    const page = await client.send(new library.ListMultipartUploadsCommand(input))
    for (const { Key, UploadId } of page.Uploads ?? []) {
      // Not every store heeds the prefix.
      if (!Key?.startsWith(start)) continue
      await client.send(new library.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
    }
    if (!page.IsTruncated) return
    marks = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
  }
}

/** Some stores cannot say which uploads are under way; those have to see to them themselves. */
function unlessUnknown(error: Error): void {
  if (error.name !== 'NotImplemented') throw error
}

function within(folder: string | undefined, path: string): string {
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new AppError('invalid', `"${path}" leads out of the place of the backups`)
  }
  return folder ? `${folder}/${path}` : path
}
