import { join } from 'node:path'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import type { RunningMongodb, RunningService } from '../../services/driver.js'
import type { MongodbDrivers } from '../../services/drivers.js'
import type { Secrets } from '../secrets.js'
import type { State } from '../state.js'
import { ensureUser } from '../users/users.js'
import { type Instance, instances, USER_PASSWORD } from './instances.js'

/** The instances of this server: which there are, and those that run. */
export interface InstanceRegistry {
  /** The instance that an `api_key` stands for. Reads memory only. */
  byApiKey(apiKey: string): Instance | undefined
  /** The database of a MongoDB instance, which is started when it does not run. Rejects with `unavailable`. */
  mongodb(instance: Instance): Promise<Deployment>
  /** Starts all; resolves with those that failed, which the next call to them starts again. */
  startAll(): Promise<{ instance: Instance; error: unknown }[]>
  /** Remembers a database that is made by name, as it may stay empty. */
  addDatabase(instance: Instance, name: string): Promise<void>
  /** Ends every service that runs. */
  close(): Promise<void>
}

export interface RegistryOptions {
  readonly state: State
  readonly secrets: Secrets
  /** Holds one folder per instance, named by its id. */
  readonly folder: string
  readonly drivers: MongodbDrivers
}

/** Reads the instances from the state; starts none. */
export async function openRegistry(options: RegistryOptions): Promise<InstanceRegistry> {
  const { state, secrets, folder, drivers } = options
  const byId = new Map<string, Instance>()
  const idByKeyHash = new Map<string, string>()
  /** Keys that were looked up before, so that a request costs no hash. */
  const idByKey = new Map<string, string>()
  const running = new Map<string, Promise<RunningMongodb>>()
  for (const instance of await state.list(instances)) {
    byId.set(instance.id, instance)
    idByKeyHash.set(instance.apiKeyHash, instance.id)
  }

  async function launch(instance: Instance): Promise<RunningMongodb> {
    const driver = drivers[instance.mode]
    if (!driver) throw new Error(`no driver for ${instance.mode} ${instance.service}`)
    const service = await driver.start({}, { folder: join(folder, instance.id) })
    try {
      const password = secrets.open(instance.passwordSealed, USER_PASSWORD)
      const user = { db: 'admin', name: instance.user, password, role: 'root' }
      await ensureUser(service.deployment, user)
    } catch (error) {
      await service.stop()
      throw error
    }
    return service
  }

  function run(instance: Instance): Promise<RunningMongodb> {
    const known = running.get(instance.id)
    if (known) return known
    const started = launch(instance).catch((cause: unknown) => {
      running.delete(instance.id)
      const reason = cause instanceof Error ? cause.message : String(cause)
      const message = `instance "${instance.name}" is not available: ${reason}`
      throw new AppError('unavailable', message, {}, { cause })
    })
    running.set(instance.id, started)
    return started
  }

  return {
    byApiKey(apiKey) {
      let id = idByKey.get(apiKey)
      if (id === undefined) {
        id = idByKeyHash.get(secrets.lookupHash(apiKey))
        if (id === undefined) return undefined
        idByKey.set(apiKey, id)
      }
      return byId.get(id)
    },
    async mongodb(instance) {
      return (await run(instance)).deployment
    },
    async startAll() {
      const results = [...byId.values()].map(async (instance) => {
        try {
          await run(instance)
          return []
        } catch (error) {
          return [{ instance, error }]
        }
      })
      return (await Promise.all(results)).flat()
    },
    async addDatabase({ id }, name) {
      const instance = byId.get(id)
      if (!instance || instance.databases.includes(name)) return
      await state.update(instances, new ObjectId(id), { $addToSet: { databases: name } })
      byId.set(id, { ...instance, databases: [...instance.databases, name] })
    },
    async close() {
      const services: RunningService[] = (await Promise.allSettled(running.values())).flatMap(
        (result) => (result.status === 'fulfilled' ? [result.value] : []),
      )
      running.clear()
      const failed = (await Promise.allSettled(services.map((service) => service.stop()))).find(
        (result) => result.status === 'rejected',
      )
      if (failed) throw failed.reason
    },
  }
}
