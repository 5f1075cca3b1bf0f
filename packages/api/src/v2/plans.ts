import { integer, list, named, object, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { id, service } from './values.js'

export const plan = named(
  'Plan',
  object({
    cost: integer({ description: 'hundredths per month' }),
    id,
    instance_type: text(),
    region: text(),
    service_type: service,
    size: text(),
  }),
)

export const listPlans = v2Endpoint({
  method: 'GET',
  path: '/v2/plans/',
  summary: 'Answers all plans.',
  area: 'plans',
  reply: list(plan),
})

export const getPlan = v2Endpoint({
  method: 'GET',
  path: '/v2/plans/{id}/',
  summary: 'Answers a plan.',
  area: 'plans',
  reply: plan,
})
