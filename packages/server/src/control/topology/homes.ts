import { addressOf } from '../instances/address.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import type { Servers } from '../shared/servers.js'
import { isAt } from './host.js'
import { idOf } from './ids.js'
import { splitHost } from './processes.js'

/** What a path may say of what it is about. */
export interface PathIds {
  /** An id, or `host:port`. */
  readonly hostId?: string
  readonly clusterId?: string
}

/** The id of a process as a host; the only one of an instance stays the same when its port changes. */
export function hostIdOf(
  { id, mode }: Pick<Instance, 'id' | 'mode'>,
  at?: { readonly hostname: string; readonly port: number },
): string {
  return idOf(32, id, ...(mode === 'attached' && at ? [`${at.hostname}:${at.port}`] : []))
}

/** The id of the other server that runs the instance of an account that a path is about. */
export function homeOf(
  registry: InstanceRegistry,
  servers: Servers,
  account: string,
  { hostId, clusterId }: PathIds,
): string | undefined {
  if (hostId === undefined && clusterId === undefined) return undefined
  const address = hostId?.includes(':') ? splitHost(hostId) : undefined
  const isMeant = (instance: Instance) => {
    if (clusterId === instance.id || hostId === hostIdOf(instance)) return true
    if (!address) return false
    const at = addressOf(registry, servers, instance)
    return at !== undefined && isAt({ hostname: at.host, port: at.port }, address)
  }
  const there = registry.ofAccount(account).filter((one) => !registry.isHere(one))
  return there.find(isMeant)?.home
}
