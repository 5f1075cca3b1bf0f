/**
 * Work that outlives its request, and the server: building and deleting instances, compaction,
 * backups.
 *
 * - A task is a document in the state before anything of it is done. A server claims it in one
 *   step, so that of several that share the state one runs it, and renews its lease while it
 *   does; a lease that ran out lets another server go on with it.
 * - After a restart the tasks that this server had begun are run again from the start. Their
 *   handlers find what is done already and go on, or throw, and are rolled back.
 */
import { DateTime, ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Filter } from '../../services/deployment.js'
import type { PlainFields } from '../state.js'
import type { TaskHandler } from './handler.js'
import { createRunner, type RunnerOptions } from './runner.js'
import { isFinished, type Task, taskTable } from './task.js'

/** What a new task needs. */
export type NewTask = Pick<Task, 'kind' | 'instance' | 'account' | 'exclusive' | 'key' | 'home'> & {
  readonly args?: PlainFields
}

export interface Tasks {
  /** Says how work of a kind is done; before `start`. */
  handle(kind: string, handler: TaskHandler): void
  /** Keeps a task, which then runs soon. Rejects with `conflict` when `exclusive` or `key` is taken. */
  create(task: NewTask): Promise<Task>
  get(id: string): Promise<Task | undefined>
  /** Newest first, 100 unless `limit` says otherwise. */
  list(filter: Filter, limit?: number): Promise<Task[]>
  /** Resolves with the task when it has come to its end, on whichever server. */
  finished(id: string): Promise<Task>
  /** Calls back with each task that comes to its end on this server, whichever end. */
  watch(listener: (task: Task) => Promise<void>): void
  /**
   * Has a task stop and undo what it did. Rejects with `not_found`, or with `conflict` when it
   * has finished or is of a kind that goes on to its end.
   */
  cancel(id: string): Promise<void>
  /** Begins to run what there is to run, first that which the last run of this server left undone. */
  start(): Promise<void>
  /** Interrupts what runs, which the next start goes on with; resolves when all stand still. */
  stop(): Promise<void>
  /** Deletes the tasks of an instance that have finished. */
  forget(instance: string): Promise<void>
}

const MOST_LISTED = 100

export function openTasks(options: RunnerOptions): Tasks {
  const { state } = options
  const handlers = new Map<string, TaskHandler>()
  const runner = createRunner(options, handlers)
  const get = (id: string) => state.find(taskTable, { _id: new ObjectId(id) })

  return {
    handle(kind, handler) {
      if (handlers.has(kind)) throw new Error(`two handlers for tasks of the kind ${kind}`)
      handlers.set(kind, handler)
    },
    async create({ args = {}, ...given }) {
      const task: Task = {
        ...given,
        id: new ObjectId().toHexString(),
        args,
        state: 'queued',
        step: 'waiting',
        permille: 0,
        result: {},
        leaseUntilMs: 0,
        attempts: 0,
        cancelRequested: false,
        createdMs: Date.now(),
      }
      await state.insert(taskTable, task)
      runner.wake()
      return task
    },
    get,
    list: (filter, limit = MOST_LISTED) =>
      state.list(taskTable, filter, { sort: { _id: -1 }, limit }),
    finished: runner.finished,
    watch: runner.watch,
    async cancel(id) {
      const task = await get(id)
      if (!task) throw new AppError('not_found', 'no such task')
      if (isFinished(task)) throw new AppError('conflict', 'the task has already finished')
      const queued = { _id: new ObjectId(id), state: 'queued', attempts: 0 }
      const finished = DateTime.fromMs(Date.now())
      const end = { $set: { state: 'cancelled', finished }, $unset: { exclusive: '' } }
      if (await state.updateIf(taskTable, queued, end)) return
      if (!handlers.get(task.kind)?.cancellable) {
        throw new AppError('conflict', `a task of the kind ${task.kind} goes on to its end`)
      }
      await state.update(taskTable, new ObjectId(id), { $set: { cancelRequested: true } })
      runner.cancel(id)
    },
    start: runner.start,
    stop: runner.stop,
    async forget(instance) {
      const state_ = { $in: ['succeeded', 'failed', 'cancelled'] }
      await state.deleteAll(taskTable, { instance: new ObjectId(instance), state: state_ })
    },
  }
}
