import { createHash } from 'node:crypto'
import type { Doc } from '@gantry/bson'
import type { Deployment } from '../../services/deployment.js'
import { addressOf } from '../instances/address.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { ask } from '../reply.js'
import { askPeer } from '../shared/peers.js'
import type { Servers } from '../shared/servers.js'
import { type ProcessFacts, readFacts } from './facts.js'

/** A MongoDB process of an instance: where it is, and what it belongs to. */
export interface InstanceProcess {
  readonly instance: Instance
  readonly hostname: string
  readonly port: number
  /** The id of the cluster, or of the shard or configuration servers within it. */
  readonly clusterId: string
  /** Undefined: it is no shard. */
  readonly shardName?: string
  readonly part: 'member' | 'mongos' | 'shard' | 'config'
  /** Rejects, naming the server that could, when it runs on another. */
  open(): Promise<Deployment>
  readFacts(): Promise<ProcessFacts>
}

/** All processes of a MongoDB instance. Rejects when an attached one does not answer. */
export async function processesOf(
  registry: InstanceRegistry,
  servers: Servers,
  instance: Instance,
): Promise<InstanceProcess[]> {
  if (instance.mode !== 'attached') {
    const address = addressOf(registry, servers, instance)
    if (!address) return []
    const { host: hostname, port } = address
    const open = () => registry.mongodb(instance)
    const { id, home } = instance
    const ask = (server: string) => askPeer(servers, server, `/processes/${id}`)
    const factsThere = async (server: string) => (await ask(server)) as ProcessFacts
    return [
      {
        instance,
        hostname,
        port,
        clusterId: id,
        part: 'member',
        open,
        readFacts: async () =>
          home === undefined || registry.isHere(instance)
            ? readFacts(await open())
            : factsThere(home),
      },
    ]
  }
  return attached(registry, instance)
}

async function attached(
  registry: InstanceRegistry,
  instance: Instance,
): Promise<InstanceProcess[]> {
  const running = await registry.running(instance, 'mongodb')
  const process = (
    name: string,
    rest: Pick<InstanceProcess, 'clusterId' | 'part' | 'shardName'>,
  ) => ({
    instance,
    ...splitHost(name),
    ...rest,
    open: () => running.member(name),
    readFacts: async () => readFacts(await running.member(name)),
  })
  const hello = await ask(running.deployment, 'admin', { hello: 1 })
  if (hello.get('msg') === 'isdbgrid') {
    const parts = await shardsOf(running.deployment)
    const status = await ask(running.deployment, 'admin', { serverStatus: 1 })
    const mongos = process(String(status.get('host')), { clusterId: instance.id, part: 'mongos' })
    return [
      mongos,
      ...parts.flatMap(({ name, hosts, part }) =>
        hosts.map((host) =>
          process(host, {
            clusterId: partId(instance, name),
            part,
            ...(part === 'shard' && { shardName: name }),
          }),
        ),
      ),
    ]
  }
  const members = ['hosts', 'passives', 'arbiters'].flatMap((field) => textsIn(hello, field))
  const me = hello.get('me')
  const names = members.length > 0 ? members : [typeof me === 'string' ? me : '']
  return names
    .filter((name) => name !== '')
    .map((name) => process(name, { clusterId: instance.id, part: 'member' }))
}

interface ClusterPart {
  readonly name: string
  readonly hosts: readonly string[]
  readonly part: 'shard' | 'config'
}

/** The shards and the configuration servers behind a router, each with its members. */
export async function shardsOf(deployment: Deployment): Promise<ClusterPart[]> {
  const shards = (await ask(deployment, 'admin', { listShards: 1 })).get('shards') as Doc[]
  const map = await ask(deployment, 'admin', { getShardMap: 1 })
  const config = (map.get('map') as Doc | undefined)?.get('config')
  const parts = shards.map((shard) => ({
    name: String(shard.get('_id')),
    hosts: hostsIn(String(shard.get('host'))),
    part: 'shard' as const,
  }))
  if (typeof config !== 'string') return parts
  return [...parts, { name: 'config', hosts: hostsIn(config), part: 'config' }]
}

/** The id that a shard, or the set of configuration servers, has as a cluster of its own. */
export function partId({ id }: Instance, name: string): string {
  return createHash('sha256').update(`${id} ${name}`).digest('hex').slice(0, 24)
}

/** `rs0/a:1,b:2` -> `a:1`, `b:2` */
function hostsIn(text: string): string[] {
  return text.slice(text.indexOf('/') + 1).split(',')
}

/** `host:port` taken apart; IPv6 has brackets in it. */
export function splitHost(name: string): { hostname: string; port: number } {
  const colon = name.lastIndexOf(':')
  return {
    hostname: name.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(name.slice(colon + 1)),
  }
}

function textsIn(doc: Doc, field: string): string[] {
  const value = doc.get(field)
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}
