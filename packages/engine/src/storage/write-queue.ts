import type { RootDatabase } from 'lmdb'
import { CommandError } from '../errors.js'
import type { Transaction } from './view.js'

export interface WriteOptions {
  /**
   * The function throws only before its first write, so nothing has to be undone.
   * Others run in a nested transaction, which costs a few microseconds.
   */
  readonly throwsBeforeWriting?: boolean
}

export interface WriteQueue {
  write<T>(work: (transaction: Transaction) => T, options?: WriteOptions): Promise<T>
  /** Resolves when everything asked for so far is on disk; later writes are refused. */
  close(): Promise<void>
}

export interface WriteHooks {
  readonly beforeCommit: readonly ((transaction: Transaction) => void)[]
  readonly undone: readonly (() => void)[]
  readonly lost: readonly (() => void)[]
  readonly committed: readonly (() => void)[]
}

/** Writes are committed together as they come in, but none waits for more than this much work of others. */
const BATCH_MS = 5

interface PendingWrite {
  readonly work: (transaction: Transaction) => unknown
  readonly undoable: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  result?: unknown
  failed?: boolean
}

/** Group commit: one LMDB transaction at a time for all writes that wait, answered when it is on disk. */
export function createWriteQueue(
  environment: RootDatabase,
  transaction: Transaction,
  hooks: WriteHooks,
): WriteQueue {
  const waiting: PendingWrite[] = []
  let committing = false
  let scheduled = false
  let closed = false
  let idle: (() => void) | undefined

  function schedule(): void {
    if (scheduled || committing) return
    scheduled = true
    setImmediate(commit)
  }

  function commit(): void {
    scheduled = false
    if (waiting.length === 0) return
    committing = true
    let batch: PendingWrite[] = []
    environment
      .transaction(() => {
        batch = runBatch()
        for (const hook of hooks.beforeCommit) hook(transaction)
      })
      .then(
        () => finish(batch),
        (error) => fail(batch, error),
      )
  }

  function runBatch(): PendingWrite[] {
    const end = performance.now() + BATCH_MS
    let taken = 0
    while (taken < waiting.length && (taken === 0 || performance.now() < end)) {
      runWrite(waiting[taken++])
    }
    return waiting.splice(0, taken)
  }

  function runWrite(write: PendingWrite): void {
    try {
      write.result = write.undoable
        ? environment.childTransaction(() => write.work(transaction))
        : write.work(transaction)
    } catch (error) {
      write.failed = true
      write.result = error
      if (write.undoable) for (const hook of hooks.undone) hook()
    }
  }

  function finish(batch: readonly PendingWrite[]): void {
    for (const hook of hooks.committed) hook()
    next()
    for (const write of batch) {
      if (write.failed) write.reject(write.result)
      else write.resolve(write.result)
    }
  }

  async function fail(batch: readonly PendingWrite[], error: unknown): Promise<void> {
    const cause = await causeOf(error)
    for (const hook of hooks.lost) hook()
    next()
    for (const write of batch) {
      write.reject(write.failed ? write.result : writeFailure(cause))
    }
  }

  function next(): void {
    committing = false
    if (waiting.length > 0) schedule()
    else idle?.()
  }

  return {
    write<T>(work: (transaction: Transaction) => T, options?: WriteOptions): Promise<T> {
      if (closed) {
        return Promise.reject(new CommandError('InterruptedAtShutdown', 'the engine is closed'))
      }
      return new Promise<T>((resolve, reject) => {
        waiting.push({
          work,
          undoable: !options?.throwsBeforeWriting,
          resolve: resolve as (value: unknown) => void,
          reject,
        })
        schedule()
      })
    },
    async close() {
      closed = true
      if (waiting.length === 0 && !committing) return
      await new Promise<void>((resolve) => {
        idle = resolve
      })
    },
  }
}

/** lmdb reports a failed commit beside the error that it throws, as a promise of its own. */
async function causeOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> }
  if (!commitError) return error
  return Promise.resolve(commitError).catch((cause: unknown) => cause)
}

function writeFailure(cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new CommandError('UnknownError', `the write could not be stored: ${reason}`)
}
