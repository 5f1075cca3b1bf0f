import type { Address } from '../../binding.js'
import type { Servers } from '../shared/servers.js'
import type { Instance } from './instances.js'
import type { InstanceRegistry } from './registry.js'

/**
 * Where users reach an instance, whichever server runs it; undefined when they cannot, or when
 * nobody has said yet where that server is.
 */
export function addressOf(
  registry: InstanceRegistry,
  servers: Pick<Servers, 'hostOf'>,
  instance: Instance,
): Address | undefined {
  const { home, port } = instance
  if (home === undefined || registry.isHere(instance)) return registry.addressOf(instance)
  const host = servers.hostOf(home)
  return host !== undefined && port !== 0 ? { host, port } : undefined
}
