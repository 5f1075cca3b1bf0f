import type { PlainFields } from '../state.js'
import type { Task } from './task.js'

/** How work of one kind is done. */
export interface TaskHandler {
  /** Does it; every step may have been done before and is then done again or passed over. */
  run(task: Task, work: TaskWork): Promise<void>
  /** Undoes what a task did that failed or was cancelled; may be repeated too. */
  rollBack?(task: Task, error: unknown): Promise<void>
  /** Whether `run` minds `signal` and may be stopped for good on the way. */
  readonly cancellable?: boolean
}

/** What a handler is given beside its task. */
export interface TaskWork {
  /** Aborted when the task is cancelled, when the server stops, and when the lease is lost. */
  readonly signal: AbortSignal
  /** Whether it was begun before, by a server that did not get to its end. */
  readonly isResumed: boolean
  /** Says and keeps how far it has come; `result` is added to what the task has of it. */
  step(step: string, progress?: number, result?: PlainFields): Promise<void>
  /** Tells of progress within a step, from 0 to 1; kept now and then. */
  progress(done: number): void
}
