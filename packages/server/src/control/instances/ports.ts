/**
 * The ports at which the users of instances arrive.
 *
 * An instance has a plain port of its own from the moment it is made, and keeps it; its other
 * ports stand at fixed distances above, as its driver says (`ServiceDriver.ports`).
 */
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressSet } from '../../addresses/address-range.js'
import { bind, isPortTaken } from '../../binding.js'
import { AppError } from '../../errors.js'
import { createGateway, type Gateway } from '../../gateway/gateway.js'
import type { ServicePort } from '../../services/driver.js'
import type { LiveCertificate } from '../../tls/live-certificate.js'
import type { Acls } from '../acls/acls.js'
import type { Instance } from './instances.js'
import type { InstanceRegistry } from './registry.js'

export interface PortOptions {
  readonly host: string
  /** Where drivers are told to connect; missing: where it listens. */
  readonly shownHost?: string
  /** What the user wants for the first start's instance; undefined: `MONGODB_PORT` if it can be had. */
  readonly mongoPort: number | undefined
  readonly acls: Acls
  /** Those who are believed when they say for whom they connect. */
  readonly proxies: AddressSet
}

/** What is known only once the server starts to listen. */
export interface Opening {
  /** Undefined: no TLS. */
  readonly certificate: LiveCertificate | undefined
  /** Told when drivers do not find a port where they may expect it. */
  readonly warn: (message: string) => void
}

/** The ports of all instances that run here. */
export interface Ports {
  /**
   * Opens those of all instances; from then on those of new ones open at once. Rejects when
   * the user has named a port that cannot be had.
   */
  openAll(opening: Opening): Promise<void>
  /** Opens those of one instance, which the registry knows; does nothing before `openAll`. */
  open(instance: Instance): Promise<void>
  /** A plain port for a new instance, free with all that belong to it. */
  reserve(ports: readonly ServicePort[]): Promise<number>
  /** Closes those of an instance; commands under way are answered, or cut off after `graceMs`. */
  close(instance: Pick<Instance, 'id'>, graceMs: number): Promise<void>
  /** Closes all of them as `close` does. */
  closeAll(graceMs: number): Promise<void>
}

const MONGODB_PORT = 27_017
const LAST_PORT = 65_535
/** Where new instances get their ports: with TLS they stay below what systems hand out as any free port. */
const FIRST_RESERVED = 10_000
const RESERVED = 10_000
const ATTEMPTS = 100

export function createPorts(registry: InstanceRegistry, options: PortOptions): Ports {
  const gateways = new Map<string, Gateway>()
  let opening: Opening | undefined

  async function open(instance: Instance): Promise<void> {
    const ports = registry.driver(instance).ports
    if (!opening || ports.length === 0 || !registry.isHere(instance)) return
    const gateway = createGateway({
      host: options.host,
      service: () => registry.service(instance),
      allows: (address: string) => options.acls.allows(instance, address),
      proxies: options.proxies,
    })
    gateways.set(instance.id, gateway)
    await openPlain(gateway, instance, ports[0], opening)
    options.acls.watch(instance, gateway.recheck)
    for (const port of ports.slice(1)) await openFurther(gateway, instance, port, opening)
  }

  /** An instance keeps its port, and moves to any free one when somebody else has taken that. */
  async function openPlain(
    gateway: Gateway,
    instance: Instance,
    { name }: ServicePort,
    { warn }: Opening,
  ): Promise<void> {
    const { port: wanted, firm } = wantedPort(instance, options.mongoPort)
    const address = await gateway.open(name, wanted).catch((error: unknown) => {
      if (firm || !isPortTaken(error)) throw error
      return gateway.open(name, 0)
    })
    const { port } = address
    if (wanted !== 0 && wanted !== port) {
      warn(`port ${wanted} is taken: drivers reach instance "${instance.name}" at ${port}`)
    }
    const { shownHost } = options
    await registry.reachedAt(
      instance,
      shownHost === undefined ? address : { host: shownHost, port },
    )
  }

  async function openFurther(
    gateway: Gateway,
    instance: Instance,
    { name, offset, tls }: ServicePort,
    { certificate, warn }: Opening,
  ): Promise<void> {
    if (tls && !certificate) return
    const port = (registry.addressOf(instance)?.port ?? 0) + offset
    const missing = `instance "${instance.name}" has no port for ${name}`
    try {
      if (port <= LAST_PORT) await gateway.open(name, port, tls ? certificate : undefined)
      else warn(`port ${port} does not exist: ${missing}`)
    } catch (error) {
      if (!isPortTaken(error)) throw error
      warn(`port ${port} is taken: ${missing}`)
    }
  }

  async function close(id: string, graceMs: number): Promise<void> {
    const gateway = gateways.get(id)
    gateways.delete(id)
    await gateway?.close(graceMs)
  }

  return {
    async openAll(given) {
      opening = given
      for (const instance of portsFirst(registry.all())) await open(instance)
    },
    open,
    async reserve(ports) {
      if (ports.length === 0) return 0
      const taken = new Set(registry.all().map(({ port }) => port))
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const port = FIRST_RESERVED + randomInt(RESERVED)
        if (!taken.has(port) && (await areFree(options.host, port, ports))) return port
      }
      throw new AppError('unavailable', 'no free ports for another instance on this machine')
    },
    close: ({ id }, graceMs) => close(id, graceMs),
    async closeAll(graceMs) {
      await Promise.all([...gateways.keys()].map((id) => close(id, graceMs)))
    },
  }
}

/** The order in which to open ports, so that nobody takes as any free port one that another had. */
export function portsFirst(instances: readonly Instance[]): Instance[] {
  return instances.toSorted((a, b) => Number(a.port === 0) - Number(b.port === 0))
}

/** `firm`: this one or none. 0 is any. */
function wantedPort(
  { isFirst, port }: Instance,
  mongoPort: number | undefined,
): { readonly port: number; readonly firm: boolean } {
  if (!isFirst) return { port, firm: false }
  if (mongoPort) return { port: mongoPort, firm: true }
  return { port: port || (mongoPort ?? MONGODB_PORT), firm: false }
}

/** Whether all ports that belong to a plain one can be had now. */
async function areFree(
  host: string,
  plain: number,
  ports: readonly ServicePort[],
): Promise<boolean> {
  for (const { offset } of ports) {
    const server = createServer()
    try {
      await bind(server, { host, port: plain + offset })
    } catch (error) {
      if (isPortTaken(error)) return false
      throw error
    }
    await new Promise((resolve) => server.close(resolve))
  }
  return true
}
