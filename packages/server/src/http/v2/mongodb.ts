import { setTimeout as sleep } from 'node:timers/promises'
import { v2 } from '@gantry/api'
import { Double, type Writable } from '@gantry/bson'
import type { Control } from '../../control/control.js'
import type { Instance } from '../../control/instances/instances.js'
import type { LogLine } from '../../control/logs/log-line.js'
import type { ProcessLog } from '../../control/logs/logs.js'
import { numberOf } from '../../control/reply.js'
import type { Shard } from '../../control/shards/shards.js'
import { AppError } from '../../errors.js'
import { opcountersOf, shardStatistics } from './node-statistics.js'
import { route } from './route.js'
import { shardText } from './shard-text.js'
import { whole } from './values.js'

export const mongodbRoutes = [
  route(v2.getOpcounters, async ({ control, instance }) =>
    oncePerShard(await opcounters(control, instance)),
  ),
  route(v2.getOpcountersPerSecond, async ({ control, instance }) =>
    oncePerShard(await opcountersPerSecond(control, instance)),
  ),
  route(v2.listReplicaSets, async ({ control, instance }) =>
    (await control.shards.list(instance)).map(({ name, members }) => ({ [name]: members })),
  ),
  route(v2.listShards, async ({ control, instance }) =>
    (await control.shards.list(instance)).map((shard) => presentShard(shard, instance)),
  ),
  route(v2.addShard, async ({ control, instance, body, noted }) => {
    // What is attached is what it is, whichever type it was said to be.
    if (instance.type !== 'mongodb_sharded' && instance.mode !== 'attached') {
      throw new AppError('invalid', `an instance of type ${instance.type} has no shards to add`)
    }
    const shards = await control.shards.add(instance, body.shardstr)
    noted.shardName = shards.at(-1)?.name
    return shards.map((shard) => presentShard(shard, instance))
  }),
  route(v2.getShard, async ({ control, instance, params, query }) => {
    const shards = await control.shards.list(instance)
    const shard = shards.find(({ name }) => name === params.shard)
    if (!shard) throw new AppError('not_found', 'shard not found')
    const shown = presentShard(shard, instance)
    if (!/^(true|1)$/i.test(query.include_stats ?? '')) return shown
    const {
      shard: shard_stats,
      nodes,
      replicationLag,
    } = await shardStatistics(control, instance, shard)
    const replication_lag = new Double(replicationLag)
    return { ...shown, stats: { shard_stats, per_node_stats: nodes, replication_lag } }
  }),
  route(v2.getSpaceUsage, async ({ control, instance }) => {
    const shards = await control.shards.list(instance)
    return spaceUsage(
      await control.status.space(instance),
      instance.plan * GIBIBYTE * shards.length,
    )
  }),
  route(v2.getLogs, async ({ control, instance }) => {
    const logs = await control.logs.ofCluster(instance, LOG_LINES)
    const shards = await control.shards.list(instance)
    const of = (kind: ProcessLog['kind']) => logs.filter((log) => log.kind === kind).map(presentLog)
    // What the cluster calls otherwise than its list of members does is the first shard's.
    const shardOf = ({ host }: ProcessLog) =>
      shards.find(({ members }) => members.includes(host)) ?? shards[0]
    const stored = logs.filter(({ kind }) => kind === 'mongod')
    return {
      MongoS: of('mongos'),
      Config: of('config'),
      MongoD: shards.map((shard) => [
        shard.name,
        stored.filter((log) => shardOf(log) === shard).map(presentLog),
      ]),
    }
  }),
]

const GIBIBYTE = 1024 ** 3
const LOG_LINES = 100
/** Over so long rates are measured. */
const LOOK_MS = 1000

function presentShard(shard: Shard, { plan, zone }: Instance) {
  const { name } = shard
  return { id: name, name, plan, shardstr: shardText(shard), zone }
}

type Counters = ReturnType<typeof opcountersOf>
type ByHost = ReadonlyMap<string, ReadonlyMap<string, Counters>>

async function opcounters(control: Control, instance: Instance): Promise<ByHost> {
  const shards = await control.shards.list(instance)
  const counters = shards.map(async (shard) => {
    const nodes = await control.nodes.of(instance, shard)
    return [shard.name, new Map(nodes.map((node) => [node.host, opcountersOf(node)]))] as const
  })
  return new Map(await Promise.all(counters))
}

/** By how much the counters of each host rise in a second; a host that is new then has none. */
export async function opcountersPerSecond(control: Control, instance: Instance): Promise<ByHost> {
  const before = await opcounters(control, instance)
  const began = performance.now()
  await sleep(LOOK_MS)
  const after = await opcounters(control, instance)
  const seconds = (performance.now() - began) / 1000
  const risen = (shard: string, host: string, counters: Counters) =>
    Object.fromEntries(
      Object.entries(counters).map(([kind, count]) => {
        const from = before.get(shard)?.get(host)?.[kind] ?? count
        return [kind, whole(Math.max(0, numberOf(count) - numberOf(from)) / seconds)]
      }),
    )
  return new Map(
    [...after].map(([shard, hosts]) => [
      shard,
      new Map([...hosts].map(([host, counters]) => [host, risen(shard, host, counters)])),
    ]),
  )
}

/** The whole map as many times as there are shards, as clients are used to. */
function oncePerShard(counters: ByHost): Writable {
  return Array.from({ length: counters.size }, () => counters)
}

function spaceUsage(
  space: Record<'data' | 'storage' | 'indexes' | 'files', number>,
  capacity: number,
) {
  const percent = (bytes: number) => (bytes / capacity) * 100
  const [data, index, storage] = [space.data, space.indexes, space.storage].map(percent)
  return {
    maximum_capacity: whole(capacity),
    percentages: {
      data: new Double(data),
      index: new Double(index),
      ns: new Double(0),
      remaining: new Double(100 - (data + index + storage)),
      storage: new Double(storage),
    },
    total_data_size: whole(space.data),
    total_file_size: whole(space.files),
    total_index_size: whole(space.indexes),
    total_ns_size: 0,
    total_storage_size: whole(space.storage),
  }
}

function presentLog({ host, lines, total }: ProcessLog): Writable {
  return [host, { log: lines.map(presentLine), ok: new Double(1), totalLinesWritten: whole(total) }]
}

/** The time as servers of old began their lines, `Thu Sep 10 12:37:27.500`, and the rest. */
function presentLine({ timeMs, text }: LogLine): Writable {
  if (timeMs === undefined) return ['', text]
  const time = new Date(timeMs)
  const [weekday, day, month] = time.toUTCString().split(/,? /)
  return [`${weekday} ${month} ${day} ${time.toISOString().slice(11, 23)}`, text]
}
