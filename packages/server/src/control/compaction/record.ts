import { DateTime, ObjectId } from '@gantry/bson'
import { idIn, type Table, textIn, timeIn } from '../state.js'

/** How far a compaction is as a whole. */
export type CompactionState =
  | 'requested'
  | 'running'
  | 'awaiting_stepdown'
  | 'compressed'
  | 'failed'
  | 'cancelled'

export interface MemberCompaction {
  /** `host:port`. */
  readonly name: string
  readonly state: 'waiting' | 'compressing' | 'compressed' | 'failed'
  readonly startMs?: number
  readonly finishMs?: number
  readonly updatedMs: number
  /** Bytes that its files gave back. */
  readonly freedBytes?: number
}

export interface ShardCompaction {
  /** The name of its replica set. */
  readonly name: string
  readonly state: 'compressing' | 'awaiting_stepdown_request' | 'stepdown_requested' | 'compressed'
  readonly startMs: number
  readonly updatedMs: number
  readonly primary?: string
  readonly members: readonly MemberCompaction[]
}

/** The latest compaction of an instance. */
export interface Compaction {
  readonly instance: string
  readonly state: CompactionState
  readonly startMs: number
  readonly updatedMs: number
  /** Why it failed. */
  readonly error?: string
  readonly shards: readonly ShardCompaction[]
}

export const compactionTable: Table<Compaction> = {
  collection: 'compactions',
  write: ({ instance, state, startMs, updatedMs, error, shards }) => ({
    _id: new ObjectId(instance),
    state: state as string,
    start: DateTime.fromMs(startMs),
    updated: DateTime.fromMs(updatedMs),
    ...(error !== undefined && { error }),
    // Read and written as a whole, and nobody looks for what is in it.
    shards: JSON.stringify(shards),
  }),
  read: (doc) => ({
    instance: idIn(doc, '_id'),
    state: textIn(doc, 'state') as CompactionState,
    startMs: timeIn(doc, 'start'),
    updatedMs: timeIn(doc, 'updated'),
    ...(doc.has('error') && { error: textIn(doc, 'error') }),
    shards: JSON.parse(textIn(doc, 'shards')) as ShardCompaction[],
  }),
}
