import { setImmediate as nextTurn } from 'node:timers/promises'
import { JsonWriter, type RawValue } from '@gantry/bson'
import { LARGE_BYTES, printLarge } from './large.js'

/** A chunk is handed on when it has grown to this size. */
const CHUNK_BYTES = 64 * 1024
/** Other requests get their turn after this time. */
const TURN_MS = 8

/** Writers that no list is being printed with, as many as are worth keeping. */
const IDLE_WRITERS = 16
const idle: JsonWriter[] = []

/**
 * The JSON text of a list of documents between `head` and `tail`, in chunks made as they are
 * asked for. Lets go of the event loop every few milliseconds.
 */
export async function* listText(
  batches: AsyncIterable<readonly RawValue[]>,
  head: string,
  tail: string,
): AsyncGenerator<Buffer, void> {
  const writer = idle.pop() ?? new JsonWriter(2 * CHUNK_BYTES)
  try {
    writer.text(head)
    let first = true
    let turnEnds = performance.now() + TURN_MS
    for await (const batch of batches) {
      for (const document of batch) {
        if (!first) writer.text(',')
        first = false
        if (document.size < LARGE_BYTES) {
          writer.document(document.buf, document.at)
        } else {
          yield writer.take()
          yield await printLarge(document)
          continue
        }
        if (writer.length < CHUNK_BYTES) continue
        yield writer.take()
        if (performance.now() < turnEnds) continue
        await nextTurn()
        turnEnds = performance.now() + TURN_MS
      }
    }
    writer.text(tail)
    yield writer.take()
  } finally {
    writer.clear()
    if (idle.length < IDLE_WRITERS) idle.push(writer)
  }
}
