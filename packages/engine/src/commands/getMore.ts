import { BsonType, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { arg, optional, wrongType } from './args.js'
import { cursorReply } from './batch.js'
import { type CommandContext, command } from './command.js'
import { checkScope, isOwner, notOwner } from './cursor-owner.js'
import type { Cursor } from './cursors.js'

export const cursorId = {
  read(value: RawValue, field: string): bigint {
    if (value.type !== BsonType.long) throw wrongType(field, value, 'long')
    return value.buf.readBigInt64LE(value.at)
  },
}

/** How long a cursor that waits for data does so when the caller does not say. */
const DEFAULT_WAIT_MS = 1000

/** The next batch of a cursor. */
export const getMore = command({
  name: 'getMore',
  help: 'The next batch of a cursor',
  access: 'authenticated',
  inTransaction: true,
  args: {
    getMore: cursorId,
    collection: arg.string,
    batchSize: optional(arg.count),
    maxTimeMS: optional(arg.count),
    term: optional(arg.any),
    lastKnownCommittedOpTime: optional(arg.any),
  },
  async run(context, { getMore: id, collection, batchSize, maxTimeMS }) {
    const namespace = `${context.db}.${collection}`
    const cursor = context.cursors.acquire(id, namespace)
    try {
      checkUse(context, cursor, maxTimeMS)
    } catch (error) {
      context.cursors.release(cursor)
      throw error
    }
    // A tailable cursor's time goes by waiting for what may come.
    if (cursor.source.awaitsData) context.operation.waits = true
    try {
      const batch = await cursor.source.next(context, {
        batchSize: batchSize || Number.POSITIVE_INFINITY,
        waitMs: maxTimeMS ?? DEFAULT_WAIT_MS,
      })
      if (!context.cursors.get(id)) throw new CommandError('CursorKilled', 'cursor was killed')
      if (batch.done) context.cursors.kill(id)
      const { atClusterTime } = cursor.source
      return cursorReply('nextBatch', { ...batch, atClusterTime }, batch.done ? 0n : id, namespace)
    } catch (error) {
      context.cursors.kill(id)
      throw error
    } finally {
      context.cursors.release(cursor)
    }
  },
})

/** Throws unless the caller may read on with the cursor, and in this way. */
function checkUse(context: CommandContext, cursor: Cursor, maxTimeMS: number | undefined): void {
  if (!isOwner(context, cursor)) throw notOwner(cursor.id)
  checkScope(context, cursor)
  if (maxTimeMS !== undefined && !cursor.source.awaitsData) {
    throw new CommandError(
      'BadValue',
      'cannot set maxTimeMS on getMore command for a non-awaitData cursor',
    )
  }
}
