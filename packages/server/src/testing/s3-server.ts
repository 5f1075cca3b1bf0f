import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readSignature } from './s3-signature.js'

interface MultipartUpload {
  readonly key: string
  readonly parts: Map<number, Buffer>
}

/** A small server of ours that speaks the part of the S3 protocol that backups use; not S3 itself. */
export interface S3Server {
  readonly endpoint: string
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
  readonly objects: Map<string, Buffer>
  /** Begun, and neither completed nor aborted. */
  readonly uploads: Map<string, MultipartUpload>
  /** The most bytes that one request brought. */
  readonly largest: () => number
  close(): Promise<void>
}

interface Answer {
  readonly status?: number
  readonly body?: string | Buffer
  readonly etag?: string
}

interface Call {
  readonly method: string
  readonly key: string
  readonly query: URLSearchParams
  readonly body: Buffer
}

/** Small, so that tests come to see several pages. */
const PAGE = 3
const etagOf = (body: Buffer) => `"${createHash('md5').update(body).digest('hex')}"`
const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const failure = (status: number, code: string): Answer => ({
  status,
  body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>`,
})

/** Starts one with one bucket on a free port of this machine. */
export async function startS3Server(): Promise<S3Server> {
  const bucket = 'kept'
  const accessKey = 'AKTEST'
  const secretKey = 'a secret of tests'
  const objects = new Map<string, Buffer>()
  const uploads = new Map<string, MultipartUpload>()
  let largest = 0

  async function answer(req: IncomingMessage): Promise<Answer> {
    const url = new URL(req.url ?? '', 'http://server')
    const body = Buffer.concat(await req.toArray())
    largest = Math.max(largest, body.length)
    const signature = readSignature(req, url, body)
    if (signature.accessKey !== accessKey) return failure(403, 'InvalidAccessKeyId')
    if (!signature.isSignedWith(secretKey)) return failure(403, 'SignatureDoesNotMatch')
    if (!signature.isBodyRight) return failure(400, 'XAmzContentSHA256Mismatch')
    const [, name = '', ...rest] = url.pathname.split('/')
    if (name !== bucket) return failure(404, 'NoSuchBucket')
    const key = decodeURIComponent(rest.join('/'))
    const call = { method: req.method ?? '', key, query: url.searchParams, body }
    if (key === '') return ofBucket(call, objects, uploads)
    if (call.query.has('uploads') || call.query.has('uploadId')) {
      return ofUpload(call, objects, uploads)
    }
    return ofObject(call, objects)
  }
  const server = createServer((req, res) => {
    answer(req).then(
      (given) => send(res, given),
      () => res.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    accessKey,
    secretKey,
    objects,
    uploads,
    largest: () => largest,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function send(res: ServerResponse, { status = 200, body = '', etag }: Answer): void {
  res.writeHead(status, {
    'content-length': Buffer.byteLength(body),
    ...(typeof body === 'string' && body !== '' && { 'content-type': 'application/xml' }),
    ...(etag && { etag }),
  })
  res.end(status === 204 ? undefined : body)
}

function ofObject({ method, key, body }: Call, objects: Map<string, Buffer>): Answer {
  const there = objects.get(key)
  switch (method) {
    case 'PUT':
      objects.set(key, body)
      return { etag: etagOf(body) }
    case 'DELETE':
      objects.delete(key)
      return { status: 204 }
    case 'GET':
      return there ? { body: there, etag: etagOf(there) } : failure(404, 'NoSuchKey')
    default:
      return failure(405, 'MethodNotAllowed')
  }
}

function ofBucket(
  { method, query }: Call,
  objects: Map<string, Buffer>,
  uploads: Map<string, MultipartUpload>,
): Answer {
  if (method !== 'GET') return failure(405, 'MethodNotAllowed')
  const prefix = query.get('prefix') ?? ''
  if (query.has('uploads')) {
    const found = [...uploads].filter(([, { key }]) => key.startsWith(prefix))
    const rows = found.map(
      ([id, { key }]) => `<Upload><Key>${xml(key)}</Key><UploadId>${id}</UploadId></Upload>`,
    )
    const result = `<IsTruncated>false</IsTruncated>${rows.join('')}`
    return { body: `<ListMultipartUploadsResult>${result}</ListMultipartUploadsResult>` }
  }
  const after = query.get('continuation-token') ?? ''
  const found = [...objects].filter(([key]) => key.startsWith(prefix) && key > after)
  const sorted = found.sort(([a], [b]) => (a < b ? -1 : 1))
  const page = sorted.slice(0, PAGE)
  const rows = page.map(
    ([key, body]) => `<Contents><Key>${xml(key)}</Key><Size>${body.length}</Size></Contents>`,
  )
  const isTruncated = sorted.length > PAGE
  const next = isTruncated
    ? `<NextContinuationToken>${xml(page.at(-1)?.[0] ?? '')}</NextContinuationToken>`
    : ''
  const result = `<IsTruncated>${isTruncated}</IsTruncated>${next}${rows.join('')}`
  return { body: `<ListBucketResult>${result}</ListBucketResult>` }
}

function ofUpload(
  { method, key, query, body }: Call,
  objects: Map<string, Buffer>,
  uploads: Map<string, MultipartUpload>,
): Answer {
  if (method === 'POST' && query.has('uploads')) {
    const id = `upload-${uploads.size}-${Date.now()}`
    uploads.set(id, { key, parts: new Map() })
    const result = `<Key>${xml(key)}</Key><UploadId>${id}</UploadId>`
    return { body: `<InitiateMultipartUploadResult>${result}</InitiateMultipartUploadResult>` }
  }
  const id = query.get('uploadId') ?? ''
  const upload = uploads.get(id)
  if (upload?.key !== key) return failure(404, 'NoSuchUpload')
  switch (method) {
    case 'PUT':
      upload.parts.set(Number(query.get('partNumber')), body)
      return { etag: etagOf(body) }
    case 'DELETE':
      uploads.delete(id)
      return { status: 204 }
    default: {
      const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)]
      const parts = named.map(([, number]) => upload.parts.get(Number(number)))
      if (parts.some((part) => part === undefined)) return failure(400, 'InvalidPart')
      objects.set(key, Buffer.concat(parts as Buffer[]))
      uploads.delete(id)
      const result = `<Key>${xml(key)}</Key><ETag>&quot;x&quot;</ETag>`
      return { body: `<CompleteMultipartUploadResult>${result}</CompleteMultipartUploadResult>` }
    }
  }
}
