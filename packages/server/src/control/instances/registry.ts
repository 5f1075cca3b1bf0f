import { join } from 'node:path'
import { ObjectId } from '@gantry/bson'
import type { Address } from '../../binding.js'
import { AppError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import type { RunningMongodb, RunningService } from '../../services/driver.js'
import type { MongodbDrivers } from '../../services/drivers.js'
import type { Secrets } from '../secrets.js'
import type { State } from '../state.js'
import { ensureUser } from '../users/users.js'
import { connectString } from './connect-string.js'
import { type Instance, instances, USER_PASSWORD } from './instances.js'

/** The instances of this server: which there are, and those that run. */
export interface InstanceRegistry {
  /** The instance that an `api_key` stands for. Reads memory only. */
  byApiKey(apiKey: string): Instance | undefined
  /** The database of a MongoDB instance, which is started when it does not run. Rejects with `unavailable`. */
  mongodb(instance: Instance): Promise<Deployment>
  /** The service behind an instance, started as `mongodb` does. */
  service(instance: Instance): Promise<RunningMongodb>
  /** As they are now; those held from before may be out of date. */
  all(): readonly Instance[]
  /** Says where drivers reach an instance from now on. The port is remembered, also by the next start. */
  reachedAt(instance: Instance, address: Address): Promise<void>
  /** Where drivers reach an instance; undefined when they cannot. */
  addressOf(instance: Instance): Address | undefined
  /** A complete MongoDB URI of an instance with its user and password; undefined when drivers cannot reach it. */
  connectString(instance: Instance): string | undefined
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
  const { state, secrets } = options
  const byId = new Map<string, Instance>()
  const idByKeyHash = new Map<string, string>()
  /** Keys that were looked up before, so that a request costs no hash. */
  const idByKey = new Map<string, string>()
  const addresses = new Map<string, Address>()
  const running = new Map<string, Promise<RunningMongodb>>()
  for (const instance of await state.list(instances)) {
    byId.set(instance.id, instance)
    idByKeyHash.set(instance.apiKeyHash, instance.id)
  }

  function run(instance: Instance): Promise<RunningMongodb> {
    const known = running.get(instance.id)
    if (known !== undefined) return known
    const started = launch(instance, options).catch((cause: unknown) => {
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
    service: run,
    all: () => [...byId.values()],
    async reachedAt({ id }, address) {
      const instance = byId.get(id)
      if (!instance) return
      addresses.set(id, address)
      const { port } = address
      if (port === instance.port) return
      await state.update(instances, new ObjectId(id), { $set: { port } })
      byId.set(id, { ...instance, port })
    },
    addressOf: ({ id }) => addresses.get(id),
    connectString({ id, user, passwordSealed }) {
      const address = addresses.get(id)
      if (!address) return undefined
      return connectString(address, user, secrets.open(passwordSealed, USER_PASSWORD))
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
      const services = [...running.values()]
      running.clear()
      await stopAll(services)
    },
  }
}

/** Starts the service of an instance, which then has the user whom its connection string names. */
async function launch(
  { id, service, mode, user: name, passwordSealed }: Instance,
  { drivers, folder, secrets }: RegistryOptions,
): Promise<RunningMongodb> {
  const driver = drivers[mode]
  if (!driver) throw new Error(`no driver for ${mode} ${service}`)
  const running = await driver.start({}, { folder: join(folder, id) })
  try {
    const password = secrets.open(passwordSealed, USER_PASSWORD)
    await ensureUser(running.deployment, { db: 'admin', name, password, role: 'root' })
  } catch (error) {
    await running.stop()
    throw error
  }
  return running
}

/** Stops all that did start, and then rejects with the first failure to stop. */
async function stopAll(started: readonly Promise<RunningService>[]): Promise<void> {
  const services = (await Promise.allSettled(started)).flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  )
  const results = await Promise.allSettled(services.map((service) => service.stop()))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
