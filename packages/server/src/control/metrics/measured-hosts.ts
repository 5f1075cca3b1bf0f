/** Hosts that are no instance's, which are measured one by one. */
import type { Deployment } from '../../services/deployment.js'
import { mongodbStatistics } from '../../services/mongodb/statistics.js'
import type { Claims } from './claims.js'
import type { Source } from './sampler.js'
import type { Watch } from './watch.js'

/** A MongoDB process that is no instance's. */
export interface MeasuredHost {
  /** 32 hexadecimal digits. */
  readonly id: string
  /** `host:port` */
  readonly name: string
  /** It is on the machine of this server, whose numbers are its own then. */
  readonly isHere: boolean
  open(): Promise<Deployment>
}

export interface MeasuredHosts {
  sources(): Source[]
  /** Samples one now. */
  sample(id: string): Promise<void>
  /** The name of the host with an id. */
  nameOf(id: string): string | undefined
  /** Whether an id can be one of a host. */
  isHostId(id: string): boolean
}

const HOST_ID = /^[0-9a-f]{32}$/

export function measuredHosts(
  hosts: () => readonly MeasuredHost[],
  watch: Watch,
  claims: Claims,
): MeasuredHosts {
  const readers = new Map<
    string,
    { deployment: Deployment; read: ReturnType<typeof mongodbStatistics> }
  >()

  async function statistics(host: MeasuredHost) {
    const deployment = await host.open()
    const known = readers.get(host.id)
    if (known?.deployment === deployment) return known.read()
    const read = mongodbStatistics(deployment)
    readers.set(host.id, { deployment, read })
    return read()
  }

  function sourceOf(host: MeasuredHost): Source {
    const { id } = host
    return {
      id,
      async sample() {
        // Every server reaches it, and one is enough.
        if (!(await claims.hold(id))) return watch.leave(id)
        await watch.takeHost(host, await statistics(host))
      },
    }
  }

  return {
    sources() {
      const all = hosts()
      const ids = new Set(all.map(({ id }) => id))
      for (const id of readers.keys()) if (!ids.has(id)) readers.delete(id)
      return all.map(sourceOf)
    },
    async sample(wanted) {
      const host = hosts().find(({ id }) => id === wanted)
      if (host) await watch.takeHost(host, await statistics(host))
    },
    nameOf: (wanted) => hosts().find(({ id }) => id === wanted)?.name,
    isHostId: (id) => HOST_ID.test(id),
  }
}
