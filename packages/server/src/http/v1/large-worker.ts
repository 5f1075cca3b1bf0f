import { parentPort } from 'node:worker_threads'
import { printJson } from '@gantry/bson'
import { AppError, type ErrorKind } from '../../errors.js'
import { readBody } from './body.js'

/** What the thread is asked to do. Buffers arrive as plain bytes. */
export type Job =
  | { readonly read: Uint8Array; readonly contentType: string | undefined }
  | { readonly print: Uint8Array; readonly type: number }

/**
 * What it answers. For `read` a fault of the documents comes beside the key, which counts
 * first; a fault without a key is one of the body itself.
 */
export interface Done {
  readonly apiKey?: string
  readonly doc?: Uint8Array
  readonly set?: Uint8Array
  readonly text?: Uint8Array
  readonly fault?: { readonly kind: ErrorKind; readonly message: string }
  /** A bug. */
  readonly crash?: string
}

function run(job: Job): Done {
  if ('print' in job) return { text: printJson(bufferOf(job.print), 0, job.type) }
  const body = readBody(bufferOf(job.read), job.contentType)
  const { apiKey } = body
  try {
    return { apiKey, ...body.documents() }
  } catch (error) {
    return { apiKey, ...faultOf(error) }
  }
}

function faultOf(error: unknown): Done {
  if (!(error instanceof AppError)) throw error
  return { fault: { kind: error.kind, message: error.message } }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

parentPort?.on('message', ({ id, job }: { id: number; job: Job }) => {
  let done: Done
  try {
    done = run(job)
  } catch (error) {
    done = error instanceof AppError ? faultOf(error) : { crash: String(error) }
  }
  const { doc, set, text } = done
  const buffers = new Set([doc, set, text].flatMap((bytes) => (bytes ? [bytes.buffer] : [])))
  // A pooled buffer is shared with others and can only be copied.
  const own = [...buffers].filter((buffer) => buffer.byteLength > Buffer.poolSize)
  parentPort?.postMessage({ id, done }, own as ArrayBuffer[])
})
