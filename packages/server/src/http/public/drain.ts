import type { IncomingMessage } from 'node:http'

/** How much is taken in, and dropped, of a body that nobody wants. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * Takes in a body and drops it. Resolves when it is over, or is more than anybody sends; a
 * client that is still sending may not see an answer.
 */
export function drain(request: IncomingMessage): Promise<void> {
  if (request.complete || request.readableEnded) return Promise.resolve()
  return new Promise((resolve) => {
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MOST_BYTES) {
        request.pause()
        resolve()
      }
    })
    for (const event of ['end', 'close', 'error']) request.once(event, () => resolve())
  })
}
