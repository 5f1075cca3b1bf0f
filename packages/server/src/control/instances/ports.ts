import type { AddressSet } from '../../addresses/address-range.js'
import { isPortTaken } from '../../binding.js'
import { type Gateway, openGateway } from '../../gateway/gateway.js'
import type { LiveCertificate } from '../../tls/live-certificate.js'
import type { Acls } from '../acls/acls.js'
import { DEFAULT_INSTANCE, type Instance } from './instances.js'
import type { InstanceRegistry } from './registry.js'

export interface PortOptions {
  readonly host: string
  /** What the user wants for the default instance; undefined: `MONGODB_PORT` if it can be had. */
  readonly mongoPort: number | undefined
  /** Undefined: no TLS. */
  readonly certificate: LiveCertificate | undefined
  readonly acls: Acls
  /** Those who are believed when they say for whom they connect. */
  readonly proxies: AddressSet
  /** Told when drivers do not find a port where they may expect it. */
  readonly warn: (message: string) => void
}

const MONGODB_PORT = 27_017
/** How far above its plain port an instance has the one for TLS. */
const TLS_OFFSET = 10_000
const LAST_PORT = 65_535

/** The order in which to open ports, so that nobody takes as any free port one that another had. */
export function portsFirst(instances: readonly Instance[]): Instance[] {
  return instances.toSorted((a, b) => Number(a.port === 0) - Number(b.port === 0))
}

/**
 * Opens the ports of an instance for drivers. An instance keeps its port, and moves to any
 * free one when somebody else has taken that. Rejects when the user has named one that
 * cannot be had.
 */
export async function openPorts(
  registry: InstanceRegistry,
  instance: Instance,
  options: PortOptions,
): Promise<Gateway> {
  const { host, certificate, acls, proxies, warn } = options
  const { port: wanted, firm } = wantedPort(instance, options.mongoPort)
  const door = {
    host,
    service: () => registry.service(instance),
    allows: (address: string) => acls.allows(instance, address),
    proxies,
  }
  const gateway = await openGateway({ ...door, port: wanted }).catch((error: unknown) => {
    if (firm || !isPortTaken(error)) throw error
    return openGateway({ ...door, port: 0 })
  })
  acls.watch(instance, gateway.recheck)
  const { port } = gateway.address
  if (wanted !== 0 && wanted !== port) {
    warn(`port ${wanted} is taken: MongoDB drivers reach instance "${instance.name}" at ${port}`)
  }
  await registry.reachedAt(instance, gateway.address)
  if (certificate) await openTls(gateway, certificate, instance, warn)
  return gateway
}

/** `firm`: this one or none. 0 is any. */
function wantedPort(
  { name, port }: Instance,
  mongoPort: number | undefined,
): { readonly port: number; readonly firm: boolean } {
  if (name !== DEFAULT_INSTANCE) return { port, firm: false }
  if (mongoPort) return { port: mongoPort, firm: true }
  return { port: port || (mongoPort ?? MONGODB_PORT), firm: false }
}

async function openTls(
  gateway: Gateway,
  certificate: LiveCertificate,
  { name }: Instance,
  warn: PortOptions['warn'],
): Promise<void> {
  const port = gateway.address.port + TLS_OFFSET
  try {
    if (port <= LAST_PORT) await gateway.openTls(port, certificate)
    else warn(`port ${port} does not exist: instance "${name}" has no port for drivers over TLS`)
  } catch (error) {
    if (!isPortTaken(error)) throw error
    warn(`port ${port} is taken: instance "${name}" has no port for drivers over TLS`)
  }
}
