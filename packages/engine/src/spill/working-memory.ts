import { CommandError } from '../errors.js'

/** Records put aside on disk. What is written last comes last; nothing is read before all is written. */
export interface SpillFile {
  /** Bytes written so far: where the next ones go. */
  readonly size: number
  write(bytes: Uint8Array): void
  /** Reads what lies between two places, front to back, through one buffer of at most so many bytes. */
  read(start: number, end: number, bufferBytes: number): SpillReader
  /** Gives the file back; may be called twice. Reading and writing fail from then on. */
  drop(): void
}

export interface SpillReader {
  /** The bytes at a place of the file, in memory of their own. Places may only go up. */
  bytes(at: number, length: number): Buffer
}

/** What needs more memory than there is. */
export type SpillUse = 'sort' | 'group'

/** How much a query may hold in memory at a time, and where more of it goes. */
export interface WorkingMemory {
  readonly sortBytes: number
  readonly groupBytes: number
  /** A new temporary file. Left out where the disk may not be used: whatever needs more memory fails. */
  readonly createFile?: (use: SpillUse) => SpillFile
  /** What the error of a query that needs more memory begins with. */
  readonly failure: string
  /** The stage that cannot spill, whatever is allowed. */
  readonly unspilledStage?: string
}

/** MongoDB's limit of a sort or a stage. */
export const MEMORY_LIMIT = 100 * 1024 * 1024

/** For a stage that keeps everything in memory. */
export function unspilled(stage: string): WorkingMemory {
  return { ...UNSPILLED, unspilledStage: stage }
}

/** The error of a stage that keeps everything in memory. */
export function cannotSpill(stage: string, limit: number): CommandError {
  return new CommandError(
    'ExceededMemoryLimit',
    `${stage} used too much memory and cannot spill to disk. Memory limit: ${limit} bytes`,
  )
}

/** For what has nowhere to spill to. */
export const UNSPILLED: WorkingMemory = {
  sortBytes: MEMORY_LIMIT,
  groupBytes: MEMORY_LIMIT,
  failure: '',
}
