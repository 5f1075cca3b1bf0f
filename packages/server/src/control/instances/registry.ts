import { join } from 'node:path'
import { ObjectId, type Writable } from '@gantry/bson'
import type { Address } from '../../binding.js'
import { AppError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import type {
  RunningOf,
  RunningService,
  Service,
  ServiceDriver,
  ServiceSpec,
} from '../../services/driver.js'
import type { Drivers } from '../../services/drivers.js'
import type { Secrets } from '../secrets.js'
import type { State } from '../state.js'
import { connectString } from './connect-string.js'
import {
  API_KEY,
  ATTACHED_URI,
  type Instance,
  type InstanceState,
  instances,
  readyState,
  USER_PASSWORD,
} from './instances.js'

/** The instances that there are, and the services of those that run here. */
export interface InstanceRegistry {
  /** The instance that an `api_key` stands for. Reads memory only. */
  byApiKey(apiKey: string): Instance | undefined
  /** The instance of an account that has this name, as it is now. */
  byName(account: string, name: string): Instance | undefined
  byId(id: string): Instance | undefined
  /** Takes what is backed up as an instance is, and is seen as one by nobody else: by id. */
  lend(find: (id: string) => Instance | undefined): void
  /** Ends the services of those that are lent no longer. */
  endLent(): void
  /** All but those that are being deleted, as they are now; those held from before may be out of date. */
  all(): readonly Instance[]
  /** Those that are to become something else: that are being built, resized or deleted. */
  unfinished(): readonly Instance[]
  /** Those of one account, oldest first. */
  ofAccount(account: string): readonly Instance[]
  /** The database of a MongoDB instance, which is started when it does not run. Rejects with `unavailable`. */
  mongodb(instance: Instance): Promise<Deployment>
  /** The service behind an instance, started as `mongodb` does. */
  service(instance: Instance): Promise<RunningService>
  /** The same for a caller who knows which service it is; rejects with `not_found` for another. */
  running<S extends Service>(instance: Instance, service: S): Promise<RunningOf[S]>
  /** The service behind an instance if it has been started here; never starts one. */
  started(instance: Pick<Instance, 'id'>): Promise<RunningService> | undefined
  /** How the instance is had; rejects with `unsupported` when there is no driver for it. */
  driver(instance: Pick<Instance, 'service' | 'mode'>): ServiceDriver
  /** What its driver is told of an instance, its password included. */
  spec(instance: Instance): ServiceSpec
  /** The folder that is its own. */
  folder(instance: Instance): string
  /** Whether it runs on this server rather than on another that shares the state. */
  isHere(instance: Instance): boolean
  /** The key of an instance for API v1. */
  apiKey(instance: Instance): string
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
  /** No longer remembers a database that has been deleted. */
  forgetDatabase(instance: Instance, name: string): Promise<void>
  /** Keeps a new instance; rejects with `conflict` when the account has one of the name. */
  add(instance: Instance): Promise<void>
  /** Changes fields of an instance, in the state too; undefined when it is gone. */
  change(instance: Pick<Instance, 'id'>, fields: Change): Promise<Instance | undefined>
  /** Ends the service of an instance, if it runs. The next call to it would start it. */
  stop(instance: Pick<Instance, 'id'>): Promise<void>
  /** The same, after which it cannot be started again. */
  stopForGood(instance: Pick<Instance, 'id'>): Promise<void>
  /** Forgets an instance whose service is stopped. */
  forget(instance: Pick<Instance, 'id'>): Promise<void>
  /** Reads all instances anew from the state, for a server that shares it. */
  reload(): Promise<void>
  /** Ends every service that runs. */
  close(): Promise<void>
}

/** What may change of an instance. */
export type Change = Partial<
  Pick<Instance, 'name' | 'state' | 'plan' | 'settings' | 'version' | 'home' | 'uriSealed'>
> & {
  /** Why it failed; undefined removes it. */
  readonly error?: string | undefined
}

export interface RegistryOptions {
  readonly state: State
  readonly secrets: Secrets
  /** Holds one folder per instance, named by its id. */
  readonly folder: string
  readonly drivers: Drivers
  /** The id of this server among those that share the state. */
  readonly server: string
}

/** Reads the instances from the state; starts none. */
export async function openRegistry(options: RegistryOptions): Promise<InstanceRegistry> {
  const { state, secrets, drivers, server } = options
  const byId = new Map<string, Instance>()
  const idByKeyHash = new Map<string, string>()
  /** Keys that were looked up before, so that a request costs no hash. */
  const idByKey = new Map<string, string>()
  const idByName = new Map<string, string>()
  const addresses = new Map<string, Address>()
  const running = new Map<string, Promise<RunningService>>()
  /** Those that end; the next to start in the same folder waits for them. */
  const ending = new Map<string, Promise<void>>()
  /** How often what is here has changed. */
  let changes = 0
  let lent: (id: string) => Instance | undefined = () => undefined
  /** The URIs with which those that are lent were started. */
  const lentUris = new Map<string, string | undefined>()
  const known = (id: string) => byId.get(id) ?? lent(id)
  const endedForGood = new Set<string>()
  await reload()

  async function reload(): Promise<void> {
    let stored: Instance[]
    let before: number
    do {
      before = changes
      stored = await state.list(instances, {}, { sort: { _id: 1 } })
      // What changed here meanwhile may be missing in what was read.
    } while (changes !== before)
    const ids = new Set(stored.map(({ id }) => id))
    for (const id of byId.keys()) if (!ids.has(id)) drop(id)
    for (const instance of stored) put(instance)
  }

  function put(instance: Instance): void {
    changes++
    const before = byId.get(instance.id)
    if (before) idByName.delete(nameKey(before))
    byId.set(instance.id, instance)
    if (instance.state === 'DELETING') {
      forgetKey(instance)
      return
    }
    idByName.set(nameKey(instance), instance.id)
    idByKeyHash.set(instance.apiKeyHash, instance.id)
  }

  function drop(id: string): void {
    changes++
    const instance = byId.get(id)
    if (!instance) return
    byId.delete(id)
    addresses.delete(id)
    if (idByName.get(nameKey(instance)) === id) idByName.delete(nameKey(instance))
    forgetKey(instance)
  }

  function forgetKey({ id, apiKeyHash }: Instance): void {
    idByKeyHash.delete(apiKeyHash)
    for (const [key, other] of idByKey) if (other === id) idByKey.delete(key)
  }

  const folder = ({ id }: Pick<Instance, 'id'>) => join(options.folder, id)
  const isHere = ({ home }: Instance) => home === undefined || home === server

  function driver({ service, mode }: Pick<Instance, 'service' | 'mode'>): ServiceDriver {
    const known = drivers[service][mode]
    if (known) return known
    const has = Object.keys(drivers[service])
    const modes = has.length > 0 ? `it can be ${has.join(' or ')}` : 'there is no way to have it'
    throw new AppError('unsupported', `no driver for ${mode} ${service}: ${modes}`)
  }

  function spec(instance: Instance): ServiceSpec {
    const { type, version, plan, settings, user, passwordSealed, uriSealed } = instance
    const password = secrets.open(passwordSealed, USER_PASSWORD)
    const uri = uriSealed && { uri: secrets.open(uriSealed, ATTACHED_URI) }
    return { type, version, plan, settings, user, password, ...uri }
  }

  function run(instance: Instance): Promise<RunningService> {
    const { id, name } = instance
    if (!isHere(instance)) return Promise.reject(elsewhere(instance))
    if (!byId.has(id)) endOutdated(instance)
    const service = running.get(id)
    if (service !== undefined) return service
    const started = launched(id, name)
    running.set(id, started)
    return started
  }

  /** One that is lent may have got other members or credentials. */
  function endOutdated(instance: Instance): void {
    const { id } = instance
    const { uri } = spec(instance)
    if (lentUris.has(id) && lentUris.get(id) !== uri) void stop(instance).catch(() => {})
    lentUris.set(id, uri)
  }

  async function launched(id: string, name: string): Promise<RunningService> {
    try {
      const service = await launch(id)
      await settle(id)
      return service
    } catch (cause) {
      running.delete(id)
      const reason = cause instanceof Error ? cause.message : String(cause)
      await settle(id, reason)
      const message = `instance "${name}" is not available: ${reason}`
      throw new AppError('unavailable', message, {}, { cause })
    }
  }

  /** Says in the record whether a finished instance is ready; one that a task works at is left to that. */
  async function settle(id: string, error?: string): Promise<void> {
    const instance = byId.get(id)
    if (!instance || !isHere(instance)) return
    const ready = readyState(instance.service)
    const from = error === undefined ? 'ERROR' : ready
    if (instance.state !== from) return
    const to = error === undefined ? ready : 'ERROR'
    // What is not written down now is found out again at the next start.
    await change(instance, { state: to, error }).catch(() => {})
  }

  async function launch(id: string): Promise<RunningService> {
    await ending.get(id)
    const instance = known(id)
    if (!instance || endedForGood.has(id)) throw new Error('it has been deleted')
    const address = addresses.get(id)
    const place = { folder: folder(instance), ...(address && { address }) }
    return driver(instance).start(spec(instance), place)
  }

  async function change({ id }: Pick<Instance, 'id'>, fields: Change) {
    const instance = byId.get(id)
    if (!instance) return undefined
    const next = changed(instance, fields)
    const { error } = next
    const update = { $set: toStored(next, fields), ...(!error && { $unset: { error: '' } }) }
    if (!(await state.update(instances, new ObjectId(id), update))) return undefined
    // Others may have changed other fields meanwhile.
    const latest = byId.get(id)
    if (!latest) return undefined
    put(changed(latest, fields))
    return byId.get(id)
  }

  async function stop({ id }: Pick<Instance, 'id'>): Promise<void> {
    const started = running.get(id)
    running.delete(id)
    if (!started) return ending.get(id)
    const ended = stopAll([started])
    ending.set(
      id,
      ended.catch(() => {}).finally(() => ending.delete(id)),
    )
    await ended
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
    byName: (account, name) => byId.get(idByName.get(nameKey({ account, name })) ?? ''),
    byId: known,
    lend(find) {
      lent = find
    },
    endLent() {
      for (const id of lentUris.keys()) {
        if (lent(id)) continue
        lentUris.delete(id)
        void stop({ id }).catch(() => {})
      }
    },
    all: () => [...byId.values()].filter(isThere),
    unfinished: () => [...byId.values()].filter(({ state }) => UNFINISHED.includes(state)),
    ofAccount: (account) =>
      [...byId.values()].filter((instance) => instance.account === account && isThere(instance)),
    async mongodb(instance) {
      return ((await run(instance)) as RunningOf['mongodb']).deployment
    },
    service: run,
    async running(instance, service) {
      if (instance.service !== service) {
        throw new AppError('not_found', `instance "${instance.name}" is not ${service}`)
      }
      return (await run(instance)) as RunningOf[typeof service]
    },
    started: ({ id }) => running.get(id),
    driver,
    spec,
    folder,
    isHere,
    apiKey: ({ apiKeySealed }) => secrets.open(apiKeySealed, API_KEY),
    async reachedAt({ id }, address) {
      const instance = byId.get(id)
      if (!instance) return
      addresses.set(id, address)
      const { port } = address
      if (port === instance.port) return
      await state.update(instances, new ObjectId(id), { $set: { port } })
      const latest = byId.get(id)
      if (latest) put({ ...latest, port })
    },
    addressOf: ({ id }) => addresses.get(id),
    connectString({ id, user, passwordSealed }) {
      const address = addresses.get(id)
      if (!address) return undefined
      return connectString(address, user, secrets.open(passwordSealed, USER_PASSWORD))
    },
    async startAll() {
      const here = [...byId.values()].filter((instance) => isThere(instance) && isHere(instance))
      const results = here.map(async (instance) => {
        try {
          const started = run(instance)
          // What lives elsewhere may take long to answer, and nobody else shall wait for it.
          if (instance.mode !== 'attached') await started
          else started.catch(() => {})
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
      const latest = byId.get(id)
      if (latest) put({ ...latest, databases: [...latest.databases, name] })
    },
    async forgetDatabase({ id }, name) {
      const instance = byId.get(id)
      if (!instance?.databases.includes(name)) return
      await state.update(instances, new ObjectId(id), { $pull: { databases: name } })
      const latest = byId.get(id)
      if (latest) put({ ...latest, databases: latest.databases.filter((each) => each !== name) })
    },
    async add(instance) {
      await state.insert(instances, instance)
      put(instance)
    },
    change,
    stop,
    stopForGood(instance) {
      endedForGood.add(instance.id)
      return stop(instance)
    },
    async forget({ id }) {
      await state.delete(instances, new ObjectId(id))
      drop(id)
      endedForGood.delete(id)
    },
    reload,
    async close() {
      const services = [...running.values()]
      running.clear()
      await stopAll(services)
    },
  }
}

/** The caller may ask the other server instead, which it finds by its id. */
function elsewhere({ name, home }: Instance): AppError {
  const message = `instance "${name}" runs on another server, ${home}`
  return new AppError('unavailable', message, { server: home })
}
const UNFINISHED: readonly InstanceState[] = ['REQUESTED', 'BUILDING', 'RESIZE', 'DELETING']

const isThere = ({ state }: Instance) => state !== 'DELETING'

/** No id has a space, and no account any other length. */
function nameKey({ account, name }: Pick<Instance, 'account' | 'name'>): string {
  return `${account} ${name}`
}

/** An instance with other fields; an error that is undefined is gone. */
function changed(instance: Instance, fields: Change): Instance {
  const { error, ...rest } = { ...instance, ...fields }
  return { ...rest, ...(error !== undefined && { error }) }
}

/** The fields that change, as the table writes them. */
function toStored(instance: Instance, fields: Change): { [field: string]: Writable } {
  const stored = Object.entries(instances.write(instance))
  return Object.fromEntries(stored.filter(([name]) => name in fields)) as {
    [field: string]: Writable
  }
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
