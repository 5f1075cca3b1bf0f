import { boolean, choice, either, integer, list, named, number, object, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { date } from './values.js'

const area = 'maintenance'
const services = ['mongodb'] as const

const member = object(
  { name: text(), state: text(), updated: text() },
  { optional: { start: date, finish: date } },
)

const shard = object(
  {
    shardstr: text(),
    state: text(),
    updated: text(),
    updated_ts: integer(),
    members: list(member),
  },
  { optional: { start: date, primary_at_stepdown_request_time: text() } },
)

export const getCompaction = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/compaction/',
  summary: 'Answers how far the latest compaction is.',
  area,
  services,
  reply: named(
    'Compaction',
    object(
      { state: text(), updated: text(), shards: list(shard) },
      { optional: { start: date, balancer_stopped_by_check: boolean() } },
    ),
  ),
})

export const startCompaction = v2Endpoint({
  method: 'POST',
  audit: 'COMPACTION_STARTED',
  path: '/v2/mongodb/{instance}/compaction/',
  summary: 'Starts to give back space that is free within the files.',
  area,
  services,
  reply: text(),
})

const window = named(
  'StepdownWindow',
  object({
    enabled: boolean(),
    start: either(date, text()),
    end: either(date, text()),
    ran_in_window: boolean(),
    requestor: text(),
    scheduled: boolean(),
    weekly: boolean(),
  }),
)

export const getStepdownWindow = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/stepdown/',
  summary: 'Answers when the primaries may step down.',
  area,
  services,
  reply: window,
})

const seconds = either(number(), text({ pattern: '^[0-9]{1,12}(\\.[0-9]+)?$' }))
const flag = either(boolean(), choice(['True', 'False', 'true', 'false']))

export const setStepdownWindow = v2Endpoint({
  method: 'POST',
  audit: 'STEPDOWN_WINDOW_CHANGED',
  path: '/v2/mongodb/{instance}/stepdown/',
  summary: 'Sets when the primaries may step down, in seconds since 1970.',
  area,
  services,
  body: object(
    { start: seconds, end: seconds },
    { optional: { enabled: flag, scheduled: flag, weekly: flag } },
  ),
  reply: window,
})
