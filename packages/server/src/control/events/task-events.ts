import type { EventType } from '@gantry/api'
import { BACKUP } from '../backups/kinds.js'
import type { Instance } from '../instances/instances.js'
import type { Project } from '../projects/project.js'
import type { Task } from '../tasks/task.js'
import type { Tasks } from '../tasks/tasks.js'
import type { Events } from './events.js'

export interface TaskEventsOptions {
  readonly tasks: Pick<Tasks, 'watch'>
  readonly events: Pick<Events, 'record'>
  projectOf(account: string): Project | undefined
  instanceOf(id: string): Instance | undefined
  readonly failed: (error: unknown) => void
}

/**
 * Records how the tasks of accounts end, which nobody waits for any more. One that was cancelled
 * is not told of: whoever cancelled it is.
 */
export function recordTasks(options: TaskEventsOptions): void {
  const { tasks, events, projectOf, instanceOf, failed } = options
  tasks.watch(async (task) => {
    const type = typeOf(task)
    const groupId = task.account === undefined ? undefined : projectOf(task.account)?.id
    if (!type || groupId === undefined) return
    const clusterName = task.instance === undefined ? undefined : instanceOf(task.instance)?.name
    const facts = { groupId, clusterName, task: task.kind, error: task.error }
    await events.record(type, facts).catch(failed)
  })
}

function typeOf({ state, kind }: Task): EventType | undefined {
  if (state === 'succeeded') return 'TASK_SUCCEEDED'
  if (state !== 'failed') return undefined
  return kind === BACKUP ? 'BACKUP_JOB_FAILED' : 'TASK_FAILED'
}
