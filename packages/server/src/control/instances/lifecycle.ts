/**
 * How instances come, change and go.
 *
 * What an instance is to become is in its record (`REQUESTED`, `RESIZE`, `DELETING`) before
 * anything is done, and a task then does it. A server that was killed between the two makes
 * the task when it starts again, and one that was killed in the task goes on with it.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Mode, Service, Settings } from '../../services/driver.js'
import type { Account } from '../accounts/accounts.js'
import { type Catalog, checkOrder } from '../plans/catalog.js'
import type { Secrets } from '../secrets.js'
import { isFinished, type Task } from '../tasks/task.js'
import type { NewTask, Tasks } from '../tasks/tasks.js'
import {
  API_KEY,
  ATTACHED_URI,
  type Instance,
  isInstanceName,
  readyState,
  USER_PASSWORD,
} from './instances.js'
import type { Ports } from './ports.js'
import type { InstanceRegistry } from './registry.js'

/** What somebody wants to have. */
export interface InstanceOrder {
  readonly name: string
  readonly service: Service
  readonly type: string
  readonly version: string
  readonly zone: string
  readonly plan: number
  /** Missing: attached when there is a URI, and else what the service is by itself. */
  readonly mode?: Mode
  /** Where an attached service is, with what is needed to sign in there. */
  readonly uri?: string
  readonly settings?: Settings
}

export interface Lifecycle {
  /** The instance of an account by its name; throws `not_found`. */
  get(account: string, name: string): Instance
  /**
   * Makes an instance, which is `REQUESTED` then and can be reached as soon as it is ready.
   * Rejects, with nothing made, when the name is wrong (`invalid`) or taken (`conflict`), when
   * the catalog has no such thing (`invalid`), when the account may not (`forbidden`), and
   * when this machine cannot run it, which says what is missing.
   */
  create(account: Pick<Account, 'id' | 'mayAddInstances'>, order: InstanceOrder): Promise<Instance>
  /** Gives an instance another name, and nothing else. Rejects with `invalid` or `conflict`. */
  rename(instance: Instance, name: string): Promise<Instance>
  /** Gives an instance a larger plan, and resolves while it gets it. Rejects with `invalid` or `conflict`. */
  resize(instance: Instance, plan: number): Promise<Instance>
  /**
   * Deletes an instance with all that belongs to it. Its name is free and nobody can use it
   * when this resolves; a last backup may still be under way.
   */
  remove(instance: Instance): Promise<void>
  /** Makes the tasks that a server did not get to make before it was killed. */
  recover(): Promise<void>
}

export interface LifecycleOptions {
  readonly registry: InstanceRegistry
  readonly ports: Ports
  readonly tasks: Tasks
  readonly secrets: Secrets
  readonly catalog: Catalog
  readonly host: string
  readonly server: string
}

/** What an instance's tasks are called. */
export const CREATE = 'instance.create'
export const RESIZE = 'instance.resize'
export const DELETE = 'instance.delete'

/** How long a deletion keeps its caller waiting at the most. */
const DELETION_MS = 5_000

export function lifecycleOf(options: LifecycleOptions): Lifecycle {
  const { registry, ports, tasks, catalog } = options

  /** One that was made already, by this server or another, does as well. */
  async function makeTask(task: NewTask): Promise<void> {
    await tasks.create(task).catch((error: unknown) => {
      if (!(error instanceof AppError && error.kind === 'conflict')) throw error
    })
  }

  function checkName(account: string, name: string): void {
    if (!isInstanceName(name)) {
      const rule = '1 to 63 letters, digits, "_" and "-", the first a letter or a digit'
      throw new AppError('invalid', `"${name}" cannot be the name of an instance: it has ${rule}`)
    }
    if (registry.byName(account, name)) throw nameTaken(name)
  }

  return {
    get(account, name) {
      const instance = registry.byName(account, name)
      if (instance) return instance
      throw new AppError('not_found', `no instance "${name}"`)
    },

    async create({ id: account, mayAddInstances }, order) {
      if (!mayAddInstances) throw new AppError('forbidden', 'this account may not add instances')
      checkName(account, order.name)
      const mode = modeOf(order)
      if (mode !== 'attached') checkOrder(catalog, order)
      const draft = draftOf(account, { ...order, mode }, options)
      const driver = registry.driver(draft)
      await driver.check?.(registry.spec(draft))
      const instance = { ...draft, port: await ports.reserve(driver.ports) }
      await registry.add(instance).catch((error: unknown) => {
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error
        throw nameTaken(order.name)
      })
      if (instance.port !== 0) {
        await registry.reachedAt(instance, { host: options.host, port: instance.port })
      }
      await ports.open(instance)
      await makeTask(taskFor(instance))
      return registry.byId(instance.id) ?? instance
    },

    async rename(instance, name) {
      checkName(instance.account, name)
      const renamed = await registry.change(instance, { name }).catch((error: unknown) => {
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error
        throw nameTaken(name)
      })
      return there(renamed, instance.name)
    },

    async resize(instance, plan) {
      if (plan <= instance.plan) {
        throw new AppError('invalid', `plan ${plan} is not larger than ${instance.plan}`)
      }
      checkOrder(catalog, { ...instance, plan })
      if (instance.state !== readyState(instance.service)) throw busy(instance)
      const settings = { ...instance.settings, [WANTED_PLAN]: plan }
      const resizing = there(
        await registry.change(instance, { state: 'RESIZE', settings }),
        instance.name,
      )
      await makeTask(taskFor(resizing))
      return resizing
    },

    async remove(instance) {
      // No instance can have such a name, so that this one is free at once.
      const name = `${instance.name} (deleted ${instance.id})`
      const leaving = there(
        await registry.change(instance, { state: 'DELETING', name }),
        instance.name,
      )
      const task = await tasks.create(taskFor(leaving))
      const { state, error } = await within(DELETION_MS, tasks.finished(task.id), task)
      if (state === 'failed') throw new AppError('unavailable', `not deleted yet: ${error}`)
    },

    async recover() {
      for (const instance of registry.unfinished()) {
        if (!registry.isHere(instance)) continue
        const { id } = instance
        const known = await tasks.list({ instance: new ObjectId(id) })
        const { kind } = taskFor(instance)
        if (known.some((task) => task.kind === kind && !isFinished(task))) continue
        await makeTask(taskFor(instance))
      }
    },
  }
}

/** Among the settings of an instance while it is resized. */
export const WANTED_PLAN = 'wantedPlan'

function taskFor({ id, account, home, name, state }: Instance): NewTask {
  const kind = state === 'DELETING' ? DELETE : state === 'RESIZE' ? RESIZE : CREATE
  return {
    kind,
    instance: id,
    account,
    exclusive: `${kind} ${id}`,
    args: { name },
    ...(home !== undefined && { home }),
  }
}

function modeOf({ mode, uri, service }: InstanceOrder): Mode {
  const wanted = mode ?? (uri !== undefined ? 'attached' : byItself[service])
  if (uri !== undefined && wanted !== 'attached') {
    throw new AppError('invalid', `uri is for attached instances, not for ${wanted} ones`)
  }
  if (uri === undefined && wanted === 'attached') {
    throw new AppError('invalid', 'an attached instance needs a uri')
  }
  return wanted
}

const byItself: { readonly [S in Service]: Mode } = {
  mongodb: 'embedded',
  redis: 'managed',
  elasticsearch: 'managed',
}

function draftOf(
  account: string,
  {
    name,
    service,
    type,
    version,
    zone,
    plan,
    mode,
    uri,
    settings = {},
  }: InstanceOrder & { mode: Mode },
  { secrets, server }: LifecycleOptions,
): Instance {
  const apiKey = randomBytes(16).toString('hex')
  return {
    id: new ObjectId().toHexString(),
    account,
    name,
    service,
    mode,
    type,
    version,
    zone,
    plan,
    state: 'REQUESTED',
    settings,
    apiKeyHash: secrets.lookupHash(apiKey),
    apiKeySealed: secrets.seal(apiKey, API_KEY),
    user: 'admin',
    passwordSealed: secrets.seal(newPassword(), USER_PASSWORD),
    ...(uri !== undefined && { uriSealed: secrets.seal(uri, ATTACHED_URI) }),
    databases: [],
    port: 0,
    ...(mode !== 'attached' && { home: server }),
    isFirst: false,
    createdMs: Date.now(),
  }
}

const PASSWORD_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'

function newPassword(): string {
  const letter = () => PASSWORD_LETTERS[randomInt(PASSWORD_LETTERS.length)]
  return Array.from({ length: 24 }, letter).join('')
}

function nameTaken(name: string): AppError {
  return new AppError('conflict', `there is an instance "${name}" already`)
}

function busy({ name, state }: Instance): AppError {
  return new AppError('conflict', `instance "${name}" is busy: its state is ${state}`)
}

function there(instance: Instance | undefined, name: string): Instance {
  if (instance) return instance
  throw new AppError('not_found', `no instance "${name}"`)
}

/** The task as it ends, or as it is when the time is over. */
async function within(ms: number, finished: Promise<Task>, task: Task): Promise<Task> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<Task>((resolve) => {
    timer = setTimeout(resolve, ms, task)
  })
  try {
    return await Promise.race([finished, over])
  } finally {
    clearTimeout(timer)
  }
}
