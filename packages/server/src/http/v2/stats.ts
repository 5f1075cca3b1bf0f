import { v2 } from '@gantry/api'
import { Double, type Value, type Writable } from '@gantry/bson'
import { numberOf, valueAt } from '../../control/reply.js'
import { aggregateStats } from './databases.js'
import { opcountersPerSecond } from './mongodb.js'
import { shardStatistics, sumFields } from './node-statistics.js'
import { route } from './route.js'
import { STAT_PREFIX, statNames } from './stat-names.js'
import { toWritable } from './values.js'

export const statsRoutes = [
  route(v2.getStatsConfig, async ({ control, instance }) => {
    const shards = await control.shards.list(instance)
    const databases = await control.databases.names(instance)
    return {
      shards: Object.fromEntries(shards.map(({ name, members }) => [name, members])),
      stat_names: statNames(databases).map((name) => STAT_PREFIX + name),
    }
  }),
  route(v2.getStatistics, async ({ control, instance }) =>
    (await control.metrics.statistics(instance)).map(({ host, values }) => ({
      host,
      values: toWritable(values),
    })),
  ),
  route(v2.getNewRelicStats, async ({ control, instance }) => {
    const shards = await control.shards.list(instance)
    const measured = () =>
      Promise.all(shards.map((shard) => shardStatistics(control, instance, shard)))
    const before = totals(await measured())
    const perNode = await opcountersPerSecond(control, instance)
    const statistics = await measured()
    const after = totals(statistics)
    return {
      aggregate_server_statistics: after,
      aggregate_database_statistics: await aggregateStats(control, instance),
      server_statistics_per_second: {
        opcounters: risen(before, after, 'opcounters', OPERATIONS),
        network: risen(before, after, 'network', ['bytesIn', 'bytesOut', 'numRequests']),
      },
      opcounters_per_node_per_second: [...perNode].map(([shard, hosts]) => ({ [shard]: hosts })),
      replication_lag: new Double(Math.max(...statistics.map((each) => each.replicationLag))),
    }
  }),
]

const OPERATIONS = ['command', 'delete', 'getmore', 'insert', 'query', 'update']

type Fields = { readonly [field: string]: Writable }

function totals(statistics: readonly { readonly shard: Fields }[]): Fields {
  return statistics.map(({ shard }) => shard).reduce((a, b) => sumFields(a, b))
}

/** By how much counters of a section rose a second, on the servers' own clocks. */
function risen(before: Fields, after: Fields, section: string, names: readonly string[]): Writable {
  const millis = numberIn(after, 'uptimeMillis') - numberIn(before, 'uptimeMillis')
  const count = (of: Fields, name: string) => numberIn(of, section, name)
  return Object.fromEntries(
    names.map((name) => {
      const rise = Math.max(0, count(after, name) - count(before, name))
      return [name, millis > 0 ? Math.round((rise * 1000) / millis) : 0]
    }),
  )
}

function numberIn(fields: Fields, first: string, ...rest: string[]): number {
  const value = fields[first]
  const document = value instanceof Map ? value : new Map(Object.entries(value as object))
  return numberOf(rest.length === 0 ? (value as Value) : valueAt(document as Value, ...rest))
}
