import { join, resolve } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import type { Address } from './binding.js'
import type { Config } from './config.js'
import type { Control } from './control/control.js'
import { credentialsPath, publishCredentials } from './control/first-start.js'
import type { Ports } from './control/instances/ports.js'
import type { InstanceRegistry } from './control/instances/registry.js'
import { type App, type AppOptions, buildApp } from './http/app.js'
import { listen } from './http/listener.js'
import type { PublicOptions } from './http/public/options.js'
import { BODY_LIMIT } from './http/v1/call.js'
import { openControl } from './open-control.js'
import type { StartOptions, Undo } from './opening/base.js'
import { proxiesOf } from './opening/hosts.js'
import { keepSelfSigned, readCertificate } from './tls/certificate.js'
import { type LiveCertificate, openLiveCertificate } from './tls/live-certificate.js'

/** A server that accepts requests at `url` until `stop()` has resolved. */
export interface RunningServer {
  readonly url: string
  readonly tlsUrl: string | undefined
  /** Where MongoDB drivers reach the default instance; undefined when there is none. */
  readonly mongodb: Address | undefined
  /** The file with what the first start made; undefined when this was not the first. */
  readonly newCredentials: string | undefined
  /** Reads the files of the TLS certificate again, which happens by itself soon after they change. */
  reload(): Promise<void>
  /**
   * Stops accepting, answers what is in flight, writes everything to disk and closes all
   * that the start opened. Takes 10 seconds at most when clients do not take their answers.
   */
  stop(): Promise<void>
}

/** How long requests in flight get; what is left of ten seconds is for writing to disk. */
const GRACE_MS = 7_000

/**
 * Builds all parts from the configuration. Rejects, with nothing left open, when the data
 * directory is in use or a port cannot be had; an instance that fails does not matter.
 */
export async function start(config: Config, options?: StartOptions): Promise<RunningServer> {
  const undo: Undo = []
  const stop = () => undoAll(undo)
  try {
    const dataDir = resolve(config.dataDir)
    const { control, registry, ports, log, begin } = await openControl(
      config,
      dataDir,
      undo,
      options,
    )
    const app = await buildApp(appOptions(config, control))
    log.to(app.log)
    await startInstances(registry, app.log)
    const certificate = await openCertificate(config, dataDir, app.log, undo)
    const doors = await openDoors({ config, certificate, ports, app }, undo)
    const { url, tlsUrl } = doors
    await begin(url)
    const main = registry.all().find(({ isFirst }) => isFirst)
    const connectString = main && registry.connectString(main)
    const credentials = await publishCredentials(dataDir, { url, tlsUrl, connectString })
    // While the doors wait for requests in flight, the app refuses new ones.
    undo.push(() => app.close())
    const reload = async () => certificate?.reload()
    const newCredentials = credentials && credentialsPath(dataDir)
    return { url, tlsUrl, mongodb: main && registry.addressOf(main), newCredentials, reload, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function appOptions(config: Config, control: Control): AppOptions {
  const { logLevel, resultLimit, rateLimit, metricsToken } = config
  return {
    control,
    logLevel,
    resultLimit,
    rateLimit,
    ...(metricsToken !== undefined && { metricsToken }),
    proxies: proxiesOf(config),
    publicApi: publicOptions(config),
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

function publicOptions(config: Config): Partial<PublicOptions> {
  return {
    publicUrl: config.publicUrl,
    plainHttp: config.publicPlainHttp === 'allow',
    algorithms: config.publicDigest === 'md5' ? ['MD5'] : ['MD5', 'SHA-256'],
    nonceLifetimeMs: config.publicNonceLifetimeMs,
    rateLimit: config.publicRateLimit,
    requireAccessList: config.publicAccessLists === 'require',
    keysCreateOrgs: config.publicKeysCreateOrgs === 'yes',
  }
}

async function startInstances(registry: InstanceRegistry, log: FastifyBaseLogger): Promise<void> {
  for (const { instance, error } of await registry.startAll()) {
    log.error({ err: error, instance: instance.name }, 'instance failed to start')
  }
}

interface Openings {
  readonly config: Config
  readonly certificate: LiveCertificate | undefined
  readonly ports: Ports
  readonly app: App
}

/** Opens all ports, those of the instances and those of the APIs, to be closed at the same time. */
async function openDoors(
  { config, certificate, ports, app }: Openings,
  undo: Undo,
): Promise<{ url: string; tlsUrl: string | undefined }> {
  const { host, port, tlsPort, requestTimeoutMs } = config
  const doors: { close(graceMs: number): Promise<void> }[] = [{ close: ports.closeAll }]
  undo.push(async () => {
    await Promise.all(doors.map((door) => door.close(GRACE_MS)))
  })
  await ports.openAll({ certificate, warn: (message) => app.log.warn(message) })
  const common = { host, requestTimeoutMs, bodyLimit: BODY_LIMIT }
  const plain = await listen(app.handle, { ...common, port })
  doors.push(plain)
  if (tlsPort === undefined) return { url: plain.url, tlsUrl: undefined }
  const tls = await listen(app.handle, { ...common, port: tlsPort, certificate })
  doors.push(tls)
  return { url: plain.url, tlsUrl: tls.url }
}

/** Undefined when there is to be no TLS. */
async function openCertificate(
  { tlsPort, tlsCert, tlsKey, host }: Config,
  dataDir: string,
  log: FastifyBaseLogger,
  undo: Undo,
): Promise<LiveCertificate | undefined> {
  if (tlsPort === undefined) return undefined
  const files = [tlsCert, tlsKey].filter((file) => file !== undefined)
  const [cert, key] = files
  const certificate = await openLiveCertificate({
    files,
    read: () =>
      files.length === 2 ? readCertificate(cert, key) : keepSelfSigned(join(dataDir, 'tls'), host),
    warn: (error) => log.warn({ err: error }, 'the TLS certificate in use stays'),
  })
  undo.push(async () => certificate.close())
  return certificate
}
