import { AppError } from '../../errors.js'
import type { RedisNodeStatus, SlowCommand } from '../../services/driver.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'

/** Memory that data take, over all primaries. */
export interface RedisSpace {
  readonly bytes: number
  /** As Redis writes it, such as `1.64M`. */
  readonly human: string
}

/** What Redis instances tell of themselves. Rejects with `not_found` for those of other services. */
export interface Redis {
  replicas(instance: Instance): Promise<number>
  space(instance: Instance): Promise<RedisSpace>
  /** Rejects with `unavailable` when the server does not tell. */
  setting(instance: Instance, name: string): Promise<string>
  /** At most so many, newest first. */
  slowLog(instance: Instance, most: number): Promise<readonly SlowCommand[]>
  /** At most so many lines of each process, oldest first, by its `host:port`. */
  logs(instance: Instance, most: number): Promise<ReadonlyMap<string, readonly string[]>>
}

export function redisOf({ running }: Pick<InstanceRegistry, 'running'>): Redis {
  async function primaries(instance: Instance): Promise<RedisNodeStatus[]> {
    const nodes = await (await running(instance, 'redis')).nodes()
    const found = nodes.filter(({ isPrimary }) => isPrimary)
    if (found.length > 0) return found
    throw new AppError('unavailable', `instance "${instance.name}" has no primary at this moment`)
  }

  async function sum(instance: Instance, section: string, field: string): Promise<number> {
    const of = await primaries(instance)
    return of.reduce((total, { info }) => total + Number(info.get(section)?.get(field) ?? 0), 0)
  }

  return {
    replicas: (instance) => sum(instance, 'replication', 'connected_slaves'),
    async space(instance) {
      const bytes = await sum(instance, 'memory', 'used_memory')
      return { bytes, human: humanBytes(bytes) }
    },
    async setting(instance, name) {
      const value = await (await running(instance, 'redis')).setting(name)
      if (value !== undefined) return value
      throw new AppError('unavailable', `instance "${instance.name}" does not tell its ${name}`)
    },
    async slowLog(instance, most) {
      return (await running(instance, 'redis')).slowLog(most)
    },
    async logs(instance, most) {
      const logs = await (await running(instance, 'redis')).logs?.(most)
      return new Map((logs ?? []).map(({ host, lines }) => [host, lines]))
    },
  }
}

const UNITS = ['B', 'K', 'M', 'G', 'T'] as const

/** As Redis does in its fields that end in `_human`. */
export function humanBytes(bytes: number): string {
  let amount = bytes
  let unit = 0
  while (amount >= 1024 && unit < UNITS.length - 1) {
    amount /= 1024
    unit++
  }
  return `${unit === 0 ? amount : amount.toFixed(2)}${UNITS[unit]}`
}
