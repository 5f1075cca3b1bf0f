import { integer, list, named, number, object, record, text, tuple } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { document, opcounters } from './values.js'

const area = 'mongodb'
const services = ['mongodb'] as const

/** Counters by shard and host. */
const byHost = list(record(record(opcounters)))

export const getOpcounters = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/opcounters/',
  summary: 'Answers how many operations each host has done; as many times as there are shards.',
  area,
  services,
  reply: byHost,
})

export const getOpcountersPerSecond = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/opcounters/persecond/',
  summary: 'Answers how many operations a second each host does.',
  area,
  services,
  reply: byHost,
})

export const listReplicaSets = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/replicasets/',
  summary: 'Answers the hosts of each replica set.',
  area,
  services,
  reply: list(record(list(text()))),
})

const shardFields = {
  id: text(),
  name: text(),
  plan: integer(),
  shardstr: text({ description: 'name of the replica set, a slash and its hosts' }),
  zone: text(),
}

const shard = named('Shard', object(shardFields))

export const listShards = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/shards/',
  summary: 'Answers the shards of the instance; a replica set is one.',
  area,
  services,
  reply: list(shard),
})

export const addShard = v2Endpoint({
  method: 'POST',
  audit: 'SHARD_ADDED',
  path: '/v2/mongodb/{instance}/shards/',
  summary: 'Adds a shard of the same plan to a sharded instance, and answers all.',
  area,
  services,
  body: object(
    {},
    {
      optional: {
        shardstr: text({
          description: 'which replica set to add to a cluster that is attached: SET/host:port,…',
        }),
      },
    },
  ),
  reply: list(shard),
})

export const getShard = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/shards/{shard}/',
  summary: 'Answers a shard, with statistics if they are wanted.',
  area,
  services,
  query: object({}, { optional: { include_stats: text() } }),
  reply: object(shardFields, {
    optional: {
      stats: object({
        shard_stats: document,
        per_node_stats: record(document),
        replication_lag: number(),
      }),
    },
  }),
})

export const getSpaceUsage = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/spaceusage/',
  summary: 'Answers the space that the instance takes of what its plan allows.',
  area,
  services,
  reply: named(
    'SpaceUsage',
    object({
      maximum_capacity: integer(),
      percentages: object({
        data: number(),
        index: number(),
        ns: number(),
        remaining: number(),
        storage: number(),
      }),
      total_data_size: integer(),
      total_file_size: integer(),
      total_index_size: integer(),
      total_ns_size: integer(),
      total_storage_size: integer(),
    }),
  ),
})

const log = named(
  'HostLog',
  object({ log: list(tuple(text(), text())), ok: number(), totalLinesWritten: integer() }),
)
const hostLogs = list(tuple(text(), log))

export const getLogs = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/logs/',
  summary: 'Answers the latest lines of the logs of all processes.',
  area,
  services,
  reply: object({ MongoS: hostLogs, Config: hostLogs, MongoD: list(tuple(text(), hostLogs)) }),
})
