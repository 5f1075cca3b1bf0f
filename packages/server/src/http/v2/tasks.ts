import { v2 } from '@gantry/api'
import { DateTime, Double, ObjectId, type Writable } from '@gantry/bson'
import type { Account } from '../../control/accounts/accounts.js'
import type { Control } from '../../control/control.js'
import type { Task } from '../../control/tasks/task.js'
import { AppError } from '../../errors.js'
import { route } from './route.js'
import { toWritable } from './values.js'

export const taskRoutes = [
  route(v2.listTasks, async ({ control, account }) =>
    (await control.tasks.list({ account: new ObjectId(account.id) })).map(presentTask),
  ),
  route(v2.getTask, async ({ control, account, params }) =>
    presentTask(await taskOf(control, account, params.id)),
  ),
  route(v2.cancelTask, async ({ control, account, params, noted }) => {
    const { kind, instance = '' } = await taskOf(control, account, params.id)
    Object.assign(noted, { task: kind, clusterName: control.instances.byId(instance)?.name })
    await control.tasks.cancel(params.id)
    return presentTask(await taskOf(control, account, params.id))
  }),
]

async function taskOf(control: Control, account: Account, id: string): Promise<Task> {
  const task = ObjectId.isValid(id) ? await control.tasks.get(id) : undefined
  if (task?.account === account.id) return task
  throw new AppError('not_found', 'no such task')
}

/** A task as the API shows it. */
export function presentTask(task: Task): Writable {
  const { id, kind, state, step, permille, result, instance, error, note } = task
  const { createdMs, startedMs, finishedMs } = task
  return {
    id,
    kind,
    state: state as string,
    step,
    progress: new Double(permille / 1000),
    created: DateTime.fromMs(createdMs),
    result: toWritable(result),
    ...(instance !== undefined && { instance_id: instance }),
    ...(startedMs !== undefined && { started: DateTime.fromMs(startedMs) }),
    ...(finishedMs !== undefined && { finished: DateTime.fromMs(finishedMs) }),
    ...(error !== undefined && { error }),
    ...(note !== undefined && { note }),
  }
}
