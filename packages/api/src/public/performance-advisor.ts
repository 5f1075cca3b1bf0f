import { inGroup, publicEndpoint } from './endpoint.js'

const period = { since: { type: 'integer' }, duration: { type: 'integer' } } as const
const namespaces = { namespaces: { type: 'string', many: true } } as const
const errors = ['HOST_NOT_FOUND', 'INVALID_DATE_RANGE'] as const

export const listSlowNamespaces = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/performanceAdvisor/namespaces',
  summary: 'Names the collections with slow operations.',
  who: inGroup(),
  query: period,
  returns: 'document',
  errors,
})

export const listSlowQueries = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/performanceAdvisor/slowQueryLogs',
  summary: 'Answers what the process has told of slow operations, line by line.',
  who: inGroup(
    'GROUP_DATA_ACCESS_ADMIN',
    'GROUP_DATA_ACCESS_READ_WRITE',
    'GROUP_DATA_ACCESS_READ_ONLY',
  ),
  query: { ...period, ...namespaces, nLogs: { type: 'integer' } },
  returns: 'document',
  errors,
})

export const listSuggestedIndexes = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/performanceAdvisor/suggestedIndexes',
  summary:
    'Suggests indexes for slow operations; these themselves are shown only to those who may see the data.',
  who: inGroup(),
  query: {
    ...period,
    ...namespaces,
    nIndexes: { type: 'integer' },
    nExamples: { type: 'integer' },
    NExamples: { type: 'integer' },
  },
  returns: 'document',
  errors,
})
