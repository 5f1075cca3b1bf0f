import { join, resolve } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { type Config, ConfigError } from './config.js'
import { accounts } from './control/accounts/accounts.js'
import { apiKeys } from './control/api-keys/api-keys.js'
import { type Control, controlOver } from './control/control.js'
import { credentialsPath, firstStart, publishCredentials } from './control/first-start.js'
import { instances } from './control/instances/instances.js'
import { type InstanceRegistry, openRegistry } from './control/instances/registry.js'
import { openSecrets } from './control/secrets.js'
import { stateIn } from './control/state.js'
import { lockDataDir } from './data-dir/lock.js'
import { isThere } from './data-dir/private-file.js'
import { buildApp } from './http/app.js'
import { type Listener, listen } from './http/listener.js'
import { keepSelfSigned, readCertificate } from './http/tls/certificate.js'
import { BODY_LIMIT } from './http/v1/route.js'
import { mongodbDrivers } from './services/drivers.js'
import { openEmbedded } from './services/mongodb/embedded.js'

/** A server that accepts requests at `url` until `stop()` has resolved. */
export interface RunningServer {
  readonly url: string
  readonly tlsUrl: string | undefined
  /** The file with what the first start made; undefined when this was not the first. */
  readonly newCredentials: string | undefined
  /**
   * Stops accepting, answers what is in flight, writes everything to disk and closes all
   * that the start opened. Takes 10 seconds at most when clients do not take their answers.
   */
  stop(): Promise<void>
}

/** How long requests in flight get; what is left of ten seconds is for writing to disk. */
const GRACE_MS = 7_000

/** What `stop`, or a start that fails, must undo; the last one first. */
type Undo = (() => Promise<void>)[]

/**
 * Builds all parts from the configuration. Rejects, with nothing left open, when the data
 * directory is in use or a port cannot be had; an instance that fails does not matter.
 */
export async function start(config: Config): Promise<RunningServer> {
  const undo: Undo = []
  const stop = () => undoAll(undo)
  try {
    const dataDir = resolve(config.dataDir)
    const { control, registry } = await openControl(config, dataDir, undo)
    const { logLevel, resultLimit } = config
    const app = buildApp({ control, logLevel, resultLimit })
    await app.ready()
    await startInstances(registry, app.log)
    const [plain, tls] = await openListeners(config, dataDir, app.routing, undo)
    const { url } = plain
    const credentials = await publishCredentials(dataDir, { url, tlsUrl: tls?.url })
    // While the listeners wait for requests in flight, the app refuses new ones.
    undo.push(() => app.close())
    const newCredentials = credentials && credentialsPath(dataDir)
    return { url, tlsUrl: tls?.url, newCredentials, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Goes through to the end whatever fails on the way, and then rejects with the first failure. */
async function undoAll(undo: Undo): Promise<void> {
  const failures: unknown[] = []
  for (let step = undo.pop(); step; step = undo.pop()) {
    await step().catch((error: unknown) => failures.push(error))
  }
  if (failures.length > 0) throw failures[0]
}

/** The domain over the state in a data directory, with the instances not yet started. */
export async function openControl(
  config: Config,
  dataDir: string,
  undo: Undo,
): Promise<{ control: Control; registry: InstanceRegistry }> {
  if (config.state !== undefined) {
    throw new ConfigError('state: only the embedded state is supported; leave this out')
  }
  const lock = await lockDataDir(dataDir)
  undo.push(() => lock.release())
  const folder = join(dataDir, 'system')
  const isNew = !(await isThere(folder))
  const secrets = await openSecrets(join(dataDir, 'secret.key'), isNew)
  const state = stateIn(await openEmbedded(folder))
  undo.push(() => state.close())
  for (const table of [accounts, apiKeys, instances]) await state.prepare(table)
  await firstStart(dataDir, state, secrets)
  const registry = await openRegistry({
    state,
    secrets,
    folder: join(dataDir, 'instances'),
    drivers: mongodbDrivers,
  })
  undo.push(() => registry.close())
  return { control: controlOver(state, registry), registry }
}

async function startInstances(registry: InstanceRegistry, log: FastifyBaseLogger): Promise<void> {
  for (const { instance, error } of await registry.startAll()) {
    log.error({ err: error, instance: instance.name }, 'instance failed to start')
  }
}

async function openListeners(
  config: Config,
  dataDir: string,
  handler: Parameters<typeof listen>[0],
  undo: Undo,
): Promise<[Listener, Listener | undefined]> {
  const { host, port, tlsPort, tlsCert, tlsKey, requestTimeoutMs } = config
  const common = { host, requestTimeoutMs, bodyLimit: BODY_LIMIT }
  const plain = await listen(handler, { ...common, port })
  const listeners = [plain]
  undo.push(async () => {
    await Promise.all(listeners.map((listener) => listener.close(GRACE_MS)))
  })
  if (tlsPort === undefined) return [plain, undefined]
  const certificate =
    tlsCert !== undefined && tlsKey !== undefined
      ? () => readCertificate(tlsCert, tlsKey)
      : () => keepSelfSigned(join(dataDir, 'tls'), host)
  const tls = await listen(handler, { ...common, port: tlsPort, certificate })
  listeners.push(tls)
  return [plain, tls]
}
