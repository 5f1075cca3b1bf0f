import { list, number, object, record, text, tuple } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { document, opcounters } from './values.js'

const area = 'statistics'

export const getStatsConfig = v2Endpoint({
  method: 'GET',
  path: '/v2/instances/{instance}/stats_config/',
  summary: 'Answers the hosts of the instance and the statistics that there are of them.',
  area,
  services: ['mongodb'],
  bare: true,
  reply: object({ shards: record(list(text())), stat_names: list(text()) }),
})

const counts = object({ bytesIn: number(), bytesOut: number(), numRequests: number() })

export const getNewRelicStats = v2Endpoint({
  method: 'GET',
  path: '/v2/instances/{instance}/new-relic-stats/',
  summary: 'Answers statistics of the whole instance, in all and per second.',
  area,
  services: ['mongodb'],
  reply: object({
    aggregate_server_statistics: document,
    aggregate_database_statistics: document,
    server_statistics_per_second: object({ opcounters, network: counts }),
    opcounters_per_node_per_second: list(record(record(opcounters))),
    replication_lag: number(),
  }),
})

export const getStatistics = v2Endpoint({
  method: 'GET',
  path: '/v2/instances/{instance}/statistics/',
  summary: "Answers the numbers of each host of the instance now, by the service's own names.",
  area,
  reply: list(object({ host: text(), values: record(number()) })),
  extension: true,
})

export const queryGraphs = v2Endpoint({
  method: 'POST',
  audit: { none: 'it reads' },
  path: '/v2/graphs/ad_hoc/',
  aliases: ['/v2/graphs/', '/v2/graph/ad_hoc/'],
  summary: 'Answers how statistics of hosts went over a time.',
  area,
  bare: true,
  query: object(
    {},
    {
      optional: {
        start_time: text({ description: 'YYYY-MM-DD HH:MM:SS, UTC' }),
        end_time: text({ description: 'YYYY-MM-DD HH:MM:SS, UTC' }),
        granularity: text({ description: 'minute, hour or day' }),
        format: text({ description: 'zingchart' }),
      },
    },
  ),
  body: object({
    stats: list(object({ instance: text(), host: text(), name: text() })),
  }),
  reply: list(
    object({
      text: text(),
      'legend-item': object({ text: text() }),
      values: list(tuple(number(), number())),
    }),
  ),
})
