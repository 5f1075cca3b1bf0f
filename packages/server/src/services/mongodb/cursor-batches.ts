import type { RawValue } from '@gantry/bson'
import type { Reply } from '@gantry/engine'
import type { Command } from '../deployment.js'

/** Enough to keep the engine from being asked often, and little enough to be worked on in one go. */
const BATCH_SIZE = 500

interface CursorReply {
  readonly id: bigint
  readonly ns: string
  readonly firstBatch?: readonly RawValue[]
  readonly nextBatch?: readonly RawValue[]
}

type Batch = IteratorResult<readonly RawValue[], undefined>

const DONE: Batch = { done: true, value: undefined }

/**
 * The batches of a command that answers with a cursor, none of them empty. Written out as an
 * iterator, since an asynchronous generator costs as much as a query for one document.
 */
export class CursorBatches implements AsyncIterableIterator<readonly RawValue[], undefined> {
  private cursor: CursorReply | undefined

  constructor(
    private readonly run: (command: Command) => Promise<Reply>,
    private readonly command: Command,
  ) {}

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<Batch> {
    while (this.cursor?.id !== 0n) {
      const reply = await this.run(this.cursor ? getMore(this.cursor) : withBatchSize(this.command))
      this.cursor = reply.cursor as unknown as CursorReply
      const batch = this.cursor.firstBatch ?? this.cursor.nextBatch ?? []
      if (batch.length > 0) return { done: false, value: batch }
    }
    return DONE
  }

  async return(): Promise<Batch> {
    const { cursor } = this
    if (cursor && cursor.id !== 0n) {
      this.cursor = { ...cursor, id: 0n }
      await this.run({ killCursors: collectionOf(cursor), cursors: [cursor.id] })
    }
    return DONE
  }
}

function getMore(cursor: CursorReply): Command {
  return { getMore: cursor.id, collection: collectionOf(cursor), batchSize: BATCH_SIZE }
}

function collectionOf({ ns }: CursorReply): string {
  return ns.slice(ns.indexOf('.') + 1)
}

/** Commands take the size of a cursor's first batch in one of two places. */
function withBatchSize(command: Command): Command {
  const batchSize = BATCH_SIZE
  return 'find' in command ? { ...command, batchSize } : { ...command, cursor: { batchSize } }
}
