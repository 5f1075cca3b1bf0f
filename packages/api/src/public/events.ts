import { inGroup, inOrg, publicEndpoint } from './endpoint.js'

const one = { includeRaw: { type: 'boolean' } } as const
const many = {
  ...one,
  eventType: { type: 'string', many: true },
  minDate: { type: 'date' },
  maxDate: { type: 'date' },
} as const

export const listOrgEvents = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/events',
  summary: 'Lists what happened in an organization, the newest first.',
  who: inOrg(),
  query: many,
  returns: 'list',
  errors: ['INVALID_DATE_RANGE'],
})

export const getOrgEvent = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/events/{eventId}',
  summary: 'Answers an event of an organization.',
  who: inOrg(),
  query: one,
  returns: 'entity',
  errors: ['ORG_EVENT_NOT_FOUND'],
})

export const listGroupEvents = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/events',
  summary: 'Lists what happened in a group, the newest first.',
  who: inGroup(),
  query: { ...many, clusterNames: { type: 'string', many: true } },
  returns: 'list',
  errors: ['INVALID_DATE_RANGE'],
})

export const getGroupEvent = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/events/{eventId}',
  summary: 'Answers an event of a group.',
  who: inGroup(),
  query: one,
  returns: 'entity',
  errors: ['EVENT_NOT_FOUND'],
})
