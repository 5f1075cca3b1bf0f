import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { RawValue } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { turnEnd } from '../turn-end.js'
import { LIST_HEAD, LIST_TAIL, presentList } from './dialect.js'
import { listText } from './list-text.js'
import type { Results } from './route.js'

const HEADERS = { 'content-type': 'application/json' }

/** A client that takes nothing of a list for so long is cut off. */
const STALLED_MS = 60_000

/** A list of fewer bytes is made as a whole, which is much cheaper than a stream. */
const SHORT_BYTES = 64 * 1024

/** Sends an answer that is complete. */
export async function sendAnswer(
  response: ServerResponse,
  status: number,
  body: Buffer,
): Promise<void> {
  await turnEnd()
  response.writeHead(status, { ...HEADERS, 'content-length': body.length })
  response.end(body)
}

/** One buffer when the list is short; otherwise as fast as the client takes it. */
export async function sendList(
  response: ServerResponse,
  batches: Results['list'],
  limit: number,
): Promise<void> {
  // With a limit everything is made first, as an answer that is under way cannot become an error.
  if (limit > 0) {
    const chunks: Buffer[] = []
    for await (const chunk of listText(atMost(batches, limit), LIST_HEAD, LIST_TAIL))
      chunks.push(chunk)
    return sendAnswer(response, 200, Buffer.concat(chunks))
  }
  const iterator = batches[Symbol.asyncIterator]()
  const begun: (readonly RawValue[])[] = []
  for (let size = 0; size < SHORT_BYTES; ) {
    const { done, value } = await iterator.next()
    if (done) return sendAnswer(response, 200, presentList(begun.flat()))
    begun.push(value)
    for (const document of value) size += document.size
  }
  response.setTimeout(STALLED_MS, () => response.destroy())
  response.writeHead(200, HEADERS)
  await pipeline(listText(following(begun, iterator), LIST_HEAD, LIST_TAIL), response)
}

async function* following<T>(begun: readonly T[], rest: AsyncIterator<T>) {
  try {
    yield* begun
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

async function* atMost(batches: Results['list'], limit: number) {
  let count = 0
  for await (const batch of batches) {
    count += batch.length
    if (count > limit) throw new AppError('invalid', `more than ${limit} documents match`)
    yield batch
  }
}
