import { rename, rm } from 'node:fs/promises'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { TaskHandler } from '../tasks/handler.js'
import { isFinished, type Task } from '../tasks/task.js'
import type { Tasks } from '../tasks/tasks.js'
import { type Instance, readyState } from './instances.js'
import { CREATE, DELETE, RESIZE, WANTED_PLAN } from './lifecycle.js'
import type { Ports } from './ports.js'
import type { InstanceRegistry } from './registry.js'

/** What another domain does when an instance is deleted; each may be repeated. */
export interface RemovalHook {
  /** While the instance still runs, and nobody but control reaches it: a last backup, for one. */
  beforeStop?(instance: Instance, signal: AbortSignal): Promise<void>
  /** When its data are gone: removes what the domain keeps of it. */
  afterwards?(instance: Instance): Promise<void>
}

export interface InstanceTasksOptions {
  readonly registry: InstanceRegistry
  readonly ports: Ports
  readonly tasks: Tasks
  /** Asked at each deletion, so that domains may still be added. */
  readonly hooks: readonly RemovalHook[]
}

/** Has the tasks done that make, resize and delete instances. */
export function handleInstanceTasks(options: InstanceTasksOptions): void {
  const { registry, tasks } = options
  tasks.handle(CREATE, building(registry))
  tasks.handle(RESIZE, resizing(registry))
  tasks.handle(DELETE, deleting(options))
}

function building(registry: InstanceRegistry): TaskHandler {
  return {
    async run(task, { step }) {
      const instance = subject(registry, task)
      if (instance.state === 'REQUESTED') await registry.change(instance, { state: 'BUILDING' })
      await step('starting the service', 0.2)
      const service = await registry.service(instance)
      await step('asking whether it answers', 0.8)
      await service.health()
      await registry.change(instance, { state: readyState(instance.service), error: undefined })
    },
    async rollBack({ instance: id = '' }, error) {
      const instance = registry.byId(id)
      if (!instance || instance.state === 'DELETING') return
      await registry.stop(instance)
      const reason = error instanceof Error ? error.message : String(error)
      await registry.change(instance, { state: 'ERROR', error: reason })
    },
  }
}

function resizing(registry: InstanceRegistry): TaskHandler {
  /** Without what was wanted, and ready again. */
  function settled({ settings, service }: Instance) {
    const { [WANTED_PLAN]: _wanted, ...rest } = settings
    return { settings: rest, state: readyState(service), error: undefined }
  }
  return {
    async run(task, { step }) {
      const instance = subject(registry, task)
      // Without it the plan was changed already, by a server that did not get further.
      const plan = instance.settings[WANTED_PLAN]
      if (typeof plan !== 'number') return
      await step(`resizing from ${instance.plan} to ${plan}`, 0.2)
      const service = await registry.service(instance)
      await service.resize?.({ ...registry.spec(instance), plan })
      await registry.change(instance, { ...settled(instance), plan })
    },
    async rollBack({ instance: id = '' }) {
      const instance = registry.byId(id)
      if (instance?.state === 'RESIZE') await registry.change(instance, settled(instance))
    },
  }
}

function deleting({ registry, ports, tasks, hooks }: InstanceTasksOptions): TaskHandler {
  return {
    async run(task, { step, signal }) {
      const instance = registry.byId(task.instance ?? '')
      if (!instance) return
      const kept = { ...instance, name: String(task.args.name).replace(/ \(deleted .*/, '') }
      await step('closing the ports', 0.1)
      await ports.close(instance, 0)
      await step('waiting for what is under way', 0.2)
      await endTasks(tasks, task)
      // Once it is stopped its data may be gone, and are not to be started again.
      if (!task.result.isStopping) {
        await step('keeping what is to be kept', 0.3)
        for (const hook of hooks) await hook.beforeStop?.(kept, signal)
      }
      await step('stopping the service', 0.6, { isStopping: true })
      await registry.stopForGood(instance)
      const folder = registry.folder(instance)
      const place = { folder }
      await driverOf(registry, instance)?.destroy?.(place)
      await step('removing the data', 0.7)
      await removeFolder(folder)
      await step('removing what else there is of it', 0.9)
      for (const hook of hooks) await hook.afterwards?.(kept)
      await registry.forget(instance)
    },
  }
}

/** One for which the driver is gone can still be deleted. */
function driverOf(registry: InstanceRegistry, instance: Instance) {
  try {
    return registry.driver(instance)
  } catch (error) {
    if (error instanceof AppError && error.kind === 'unsupported') return undefined
    throw error
  }
}

/** Ends, or waits for, the other tasks of an instance. */
async function endTasks(tasks: Tasks, { id, instance = '' }: Task): Promise<void> {
  for (const task of await tasks.list({ instance: new ObjectId(instance) })) {
    if (task.id === id || isFinished(task)) continue
    await tasks.cancel(task.id).catch((error: unknown) => {
      if (!(error instanceof AppError && error.kind === 'conflict')) throw error
    })
    await tasks.finished(task.id)
  }
}

/** Moved aside first, so that nothing ever finds half of it. */
async function removeFolder(folder: string): Promise<void> {
  const leaving = `${folder}.deleted`
  await rm(leaving, { recursive: true, force: true, maxRetries: 3 })
  await rename(folder, leaving).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rm(leaving, { recursive: true, force: true, maxRetries: 3 })
}

function subject(registry: InstanceRegistry, { instance: id = '' }: Task): Instance {
  const instance = registry.byId(id)
  if (instance && instance.state !== 'DELETING') return instance
  throw new AppError('not_found', 'the instance is gone')
}
