import type { Doc, Writable } from '@gantry/bson'
import type { WriteTransaction } from '../catalog/write-transaction.js'
import { CommandError } from '../errors.js'
import type { WriteOptions } from '../storage/write-queue.js'
import { BlockedByTransaction } from '../transactions/conflicts.js'
import type { CommandContext } from './command.js'

/** Longest time that a write holds the event loop and the store at a stretch. */
const STEP_MS = 8

/** A write that may take several stretches, each in a transaction of its own, as MongoDB's writes of many documents do. */
export interface WriteRun {
  /** Works until done (true) or until the time is over (false). Keeps what it did either way. */
  step(transaction: WriteTransaction, endMs: number): boolean
}

/** One statement of a write command. */
export interface StatementRun extends WriteRun {
  /** What it did, as a retry is to be told; undefined when it has not run or has failed. */
  readonly answer: Doc | undefined
}

/** Runs writes one after the other, as many in one transaction as fit the time; stops when `proceed` says so. */
export function runWrites(
  context: CommandContext,
  runs: readonly WriteRun[],
  proceed: (index: number) => boolean = () => true,
): Promise<void> {
  return runEachWrite(context, runs.length, (index) => runs[index], proceed)
}

/** The same for writes that are opened one by one: a hundred thousand at a time would keep the garbage collector busy. */
export async function runEachWrite<T extends WriteRun>(
  context: CommandContext,
  count: number,
  open: (index: number) => T,
  proceed: (index: number, run: T) => boolean,
): Promise<void> {
  let next = 0
  let run: T | undefined
  function work(transaction: WriteTransaction): void {
    const endMs = performance.now() + STEP_MS
    while (next < count) {
      run ??= open(next)
      if (!run.step(transaction, endMs)) return
      next = proceed(next, run) ? next + 1 : count
      run = undefined
      if (performance.now() >= endMs) return
    }
  }

  while (next < count) {
    await writePatiently(context, work, { throwsBeforeWriting: true })
    if (next < count) await context.breathe()
  }
}

/** Runs a write function, again whenever an open transaction that stood in its way has ended. */
export async function writePatiently<T>(
  context: CommandContext,
  work: (transaction: WriteTransaction) => T,
  options?: WriteOptions,
): Promise<T> {
  for (;;) {
    try {
      return await context.write(work, options)
    } catch (error) {
      if (!(error instanceof BlockedByTransaction)) throw error
      await waitFor(context, error.holder.ended)
    }
  }
}

/** How often a write that waits for a transaction looks whether it was killed meanwhile. */
const PATIENCE_MS = 50

async function waitFor(context: CommandContext, ended: Promise<void>): Promise<void> {
  let over = false
  void ended.then(() => {
    over = true
  })
  while (!over) {
    let timer: NodeJS.Timeout | undefined
    const pause = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS)
    })
    await Promise.race([ended, pause])
    clearTimeout(timer)
    await context.breathe()
  }
}

/** An element of `writeErrors` for the statement at an index. */
export function writeError(index: number, error: unknown): Writable {
  // A conflict is no answer to one statement: the whole command waits, or its transaction fails.
  if (!(error instanceof CommandError) || error.codeName === 'WriteConflict') throw error
  const { code, message, details } = error
  return { index, code, ...(details as Record<string, Writable>), errmsg: message }
}
