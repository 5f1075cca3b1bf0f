import type { Doc } from '@gantry/bson'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask } from '../reply.js'
import type { Shard } from './shards.js'

/** A member of a replica set and what it says of itself. */
export interface Node {
  /** `host:port`. */
  readonly host: string
  /** Its whole `serverStatus`. */
  readonly status: Doc
}

export interface Nodes {
  /** The members of a shard that answer. Rejects when none does. */
  of(instance: Instance, shard: Shard): Promise<Node[]>
}

export function nodesOf({ running }: InstanceRegistry): Nodes {
  return {
    async of(instance, { members }) {
      const { member } = await running(instance, 'mongodb')
      const asked = members.map(async (host) => ({
        host,
        status: await ask(await member(host), 'admin', { serverStatus: 1 }),
      }))
      const results = await Promise.allSettled(asked)
      const nodes = results.flatMap((result) =>
        result.status === 'fulfilled' ? [result.value] : [],
      )
      const failed = results.find((result) => result.status === 'rejected')
      if (nodes.length === 0 && failed) throw failed.reason
      return nodes
    },
  }
}
