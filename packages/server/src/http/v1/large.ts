/**
 * Large JSON is read and printed in a thread of its own, as it would hold up every other
 * request. The thread is started when it is needed and ended when it is not any more.
 */
import { Worker } from 'node:worker_threads'
import type { RawValue } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { RequestBody } from './body.js'
import type { Done, Job } from './large-worker.js'

/** From this size on the thread is worth what it costs. */
export const LARGE_BYTES = 1024 * 1024

const IDLE_MS = 30_000

interface Waiting {
  resolve(done: Done): void
  reject(error: Error): void
}

interface Thread {
  readonly worker: Worker
  readonly waiting: Map<number, Waiting>
}

let thread: Thread | undefined
let idle: NodeJS.Timeout | undefined
let lastId = 0

/** What `readBody` does, in the thread. The bytes are gone afterwards. */
export async function readLargeBody(
  bytes: Buffer,
  contentType: string | undefined,
): Promise<RequestBody> {
  const done = await run({ read: withOwnBuffer(bytes), contentType })
  const { apiKey, doc, set, fault } = done
  if (fault && apiKey === undefined) throw new AppError(fault.kind, fault.message)
  return {
    apiKey: apiKey ?? '',
    documents() {
      if (fault) throw new AppError(fault.kind, fault.message)
      return { doc: doc && bufferOf(doc), set: set && bufferOf(set) }
    },
  }
}

/** What `printJson` does, in the thread. */
export async function printLarge({ buf, type, at, size }: RawValue): Promise<Buffer> {
  const copy = Buffer.allocUnsafeSlow(size)
  buf.copy(copy, 0, at, at + size)
  const { text } = await run({ print: copy, type })
  return bufferOf(text as Uint8Array)
}

function run(job: Job): Promise<Done> {
  clearTimeout(idle)
  thread ??= startThread()
  const { worker, waiting } = thread
  const id = ++lastId
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    const { buffer } = 'read' in job ? job.read : job.print
    worker.postMessage({ id, job }, [buffer as ArrayBuffer])
  })
}

function startThread(): Thread {
  const worker = new Worker(new URL('./large-worker.js', import.meta.url))
  const started: Thread = { worker, waiting: new Map() }
  worker.unref()
  worker.on('message', ({ id, done }: { id: number; done: Done }) => {
    const waiting = started.waiting.get(id)
    if (done.crash === undefined) waiting?.resolve(done)
    else waiting?.reject(new Error(done.crash))
    started.waiting.delete(id)
    if (started.waiting.size === 0) idle = setTimeout(() => end(started), IDLE_MS).unref()
  })
  worker.on('error', (error) => {
    end(started)
    for (const { reject } of started.waiting.values()) reject(error)
  })
  return started
}

function end(ended: Thread): void {
  if (thread === ended) thread = undefined
  // Its end is nobody's concern.
  ended.worker.terminate().catch(() => {})
}

/** Handing a part of a buffer over would copy, or take away, all of it. */
function withOwnBuffer(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.byteLength) return bytes
  const own = Buffer.allocUnsafeSlow(bytes.byteLength)
  bytes.copy(own)
  return own
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
