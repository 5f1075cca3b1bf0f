import type { IncomingMessage } from 'node:http'
import { AppError } from '../errors.js'

/**
 * How much of a body that is too large is still taken in, and dropped: a client that is
 * sending would not see an answer if its connection were closed at once.
 */
const DRAINED_BYTES = 64 * 1024 * 1024

/** Thrown when the client goes away before its request was whole; nobody is there to be answered. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

const EMPTY = Buffer.alloc(0)

const BODY = Symbol('body')

interface Received extends IncomingMessage {
  [BODY]?: Buffer
}

/** The body that `receiveBody` has resolved with. */
export function bodyOf(message: Received): Buffer {
  return message[BODY] ?? EMPTY
}

/** Remembers the body of a request that somebody else has received. */
export function keepBody(message: Received, body: Buffer): void {
  message[BODY] = body
}

/** The whole body of a request. Rejects with `too_large` when it has more than `limit` bytes. */
export function receiveBody(message: IncomingMessage, limit: number): Promise<Buffer> {
  const { headers } = message
  if (headers['transfer-encoding'] === undefined && !Number(headers['content-length'])) {
    return Promise.resolve(EMPTY)
  }
  // Who waits for a go-ahead has not sent anything, and is not given it.
  if (headers.expect !== undefined && Number(headers['content-length']) > limit) {
    return Promise.reject(tooLarge())
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    message.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) {
        chunks.push(chunk)
        return
      }
      chunks.length = 0
      if (size > limit + DRAINED_BYTES) {
        message.pause()
        reject(tooLarge())
      }
    })
    message.on('end', () => {
      if (size > limit) reject(tooLarge())
      else {
        const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size)
        keepBody(message, body)
        resolve(body)
      }
    })
    message.on('error', () => reject(new ClientGone()))
    message.on('close', () => {
      if (!message.readableEnded) reject(new ClientGone())
    })
  })
}

function tooLarge(): AppError {
  return new AppError('too_large', 'request too large')
}
