/** Which shards and hosts a MongoDB instance consists of, whichever way it is had. */
import { createHash } from 'node:crypto'
import type { Doc, Value } from '@gantry/bson'
import { type Address, authority } from '../../binding.js'
import { AppError } from '../../errors.js'
import type { Deployment } from '../../services/deployment.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask, docsIn } from '../reply.js'

/** A replica set that holds a part of the data, or all of it. */
export interface Shard {
  /** Of the replica set. */
  readonly name: string
  /** Each as `host:port`. */
  readonly members: readonly string[]
}

export interface Shards {
  /** At least one, in the cluster's order. */
  list(instance: Instance): Promise<Shard[]>
  /**
   * Adds a replica set that runs, `SET/host:port,…`, as a shard, and resolves with all. Rejects
   * with `unsupported` where that cannot be, and with `invalid` when the set is not named.
   */
  add(instance: Instance, shard: string | undefined): Promise<Shard[]>
}

export function shardsOf({ mongodb, running, addressOf }: InstanceRegistry): Shards {
  async function list(instance: Instance): Promise<Shard[]> {
    const deployment = await mongodb(instance)
    const hello = await ask(deployment, 'admin', { hello: 1 })
    if (isRouter(hello)) {
      const listed = await ask(deployment, 'admin', { listShards: 1 })
      return docsIn(listed.get('shards')).map((shard) => readShard(String(shard.get('host'))))
    }
    const hosts = hostsIn(hello)
    const name = hello.get('setName')
    return [
      {
        name: typeof name === 'string' ? name : nameFor(instance),
        // Behind the gateway the database does not know where it is reached.
        members:
          hosts.length === 0 || (hosts.length === 1 && addressOf(instance))
            ? [hostOf(instance, addressOf(instance))]
            : hosts,
      },
    ]
  }

  return {
    list,
    async add(instance, shard) {
      const { deployment, addShard } = await running(instance, 'mongodb')
      const stays = `instance "${instance.name}" stays as it is`
      if (!addShard) {
        const why = `${instance.mode} instances cannot be given shards by this server`
        throw new AppError('unsupported', `${stays}: ${why}`)
      }
      if (!(await isSharded(deployment))) {
        throw new AppError('unsupported', `${stays}: it is not a sharded cluster`)
      }
      if (shard === undefined) {
        const why = `this server cannot make a replica set for a cluster that is ${instance.mode}`
        throw new AppError('invalid', `missing field: shardstr: ${why}; name one: ${SHARD_FORM}`)
      }
      if (!SHARD.test(shard)) {
        throw new AppError('invalid', `invalid field: shardstr is not of the form ${SHARD_FORM}`)
      }
      await addShard(shard)
      return list(instance)
    },
  }
}

const SHARD_FORM = 'SET/host:port,host:port'
const SHARD = /^[^\s/,]+\/[^\s/,]+:\d+(,[^\s/,]+:\d+)*$/

/** What the only host of an instance is called. */
export function hostOf({ port }: Instance, address: Address | undefined): string {
  return authority(address ?? { host: '127.0.0.1', port })
}

/** Whether a deployment is a sharded cluster. */
export async function isSharded(deployment: Deployment): Promise<boolean> {
  return isRouter(await ask(deployment, 'admin', { hello: 1 }))
}

function isRouter(hello: Doc): boolean {
  return hello.get('msg') === 'isdbgrid'
}

/** `set/host:1,host:2` */
function readShard(text: string): Shard {
  const slash = text.indexOf('/')
  return { name: text.slice(0, Math.max(0, slash)), members: text.slice(slash + 1).split(',') }
}

function hostsIn(hello: Doc): string[] {
  const texts = (value: Value | undefined) => (Array.isArray(value) ? value.map(String) : [])
  return [...texts(hello.get('hosts')), ...texts(hello.get('passives'))]
}

/** A server that is no member of a set has no name of its own. */
function nameFor({ id }: Instance): string {
  return createHash('md5').update(id).digest('hex')
}
