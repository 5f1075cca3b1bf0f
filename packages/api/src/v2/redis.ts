import { integer, list, named, number, object, record, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { date } from './values.js'

const area = 'redis'
const services = ['redis'] as const

export const getConnectedSlaves = v2Endpoint({
  method: 'GET',
  path: '/v2/redis/{instance}/connectedSlaves/',
  summary: 'Answers how many replicas follow the primary.',
  area,
  services,
  reply: integer(),
})

export const getRedisSpaceUsage = v2Endpoint({
  method: 'GET',
  path: '/v2/redis/{instance}/spaceUsage/',
  summary: 'Answers how much memory the data take.',
  area,
  services,
  reply: object({
    freeSpacePercentage: number({
      description: 'the share of the plan that is used, in percent, whatever the name says',
    }),
    usedMemoryHuman: text(),
  }),
})

export const getMaxMemoryPolicy = v2Endpoint({
  method: 'GET',
  path: '/v2/redis/{instance}/maxMemoryPolicy/',
  summary: 'Answers what is removed when the memory is used up.',
  area,
  services,
  reply: text(),
})

export const getMaxClients = v2Endpoint({
  method: 'GET',
  path: '/v2/redis/{instance}/maxClients/',
  summary: 'Answers how many clients may be connected at once.',
  area,
  services,
  reply: text({ description: 'a number, as text' }),
})

export const resizeRedis = v2Endpoint({
  method: 'POST',
  audit: 'INSTANCE_RESIZED',
  path: '/v2/redis/{instance}/resize/',
  summary: 'Gives an instance a larger plan, while it serves.',
  area,
  services,
  body: object({ new_plan: integer({ description: 'megabytes' }) }),
  reply: text(),
})

const slowCommand = named(
  'SlowCommand',
  object({
    id: integer(),
    timestamp: date,
    micros: integer({ description: 'microseconds that it took' }),
    command: list(text()),
    client: text({ description: 'address of the client' }),
    client_name: text(),
  }),
)

export const getRedisSlowLog = v2Endpoint({
  method: 'GET',
  path: '/v2/redis/{instance}/slowLog/',
  summary: 'Answers the latest commands that took long, newest first.',
  area,
  services,
  extension: true,
  reply: list(slowCommand),
})

export const getRedisLogs = v2Endpoint({
  method: 'GET',
  path: '/v2/redis/{instance}/logs/',
  summary: 'Answers the latest lines of the logs of each process, by its host.',
  area,
  services,
  extension: true,
  reply: record(list(text())),
})
