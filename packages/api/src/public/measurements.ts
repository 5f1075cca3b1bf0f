import { inGroup, publicEndpoint } from './endpoint.js'

const query = {
  granularity: { type: 'string', required: true },
  period: { type: 'string' },
  start: { type: 'date' },
  end: { type: 'date' },
  m: { type: 'string', many: true },
} as const

const linked = 'granularity=PT5M&period=P1D'

const errors = [
  'HOST_NOT_FOUND',
  'INVALID_GRANULARITY',
  'INVALID_PERIOD',
  'INVALID_DATE_RANGE',
  'MUTUALLY_EXCLUSIVE_QUERY_PARAMETERS',
  'INVALID_METRIC_NAME',
] as const

export const getHostMeasurements = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/measurements',
  summary: 'Answers what was measured of a process over time.',
  who: inGroup(),
  query,
  linked,
  returns: 'entity',
  errors,
})

export const listDisks = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/disks',
  summary: 'Lists the partitions of the machine that a process runs on.',
  who: inGroup(),
  returns: 'list',
  errors: ['HOST_NOT_FOUND'],
})

export const getDisk = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/disks/{partitionName}',
  summary: 'Answers a partition.',
  who: inGroup(),
  returns: 'entity',
  errors: ['HOST_NOT_FOUND', 'DEVICE_NOT_FOUND'],
})

export const getDiskMeasurements = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/disks/{partitionName}/measurements',
  summary: 'Answers what was measured of a partition over time.',
  who: inGroup(),
  query,
  linked,
  returns: 'entity',
  errors: [...errors, 'DEVICE_NOT_FOUND'],
})

export const getDatabaseMeasurements = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/databases/{databaseName}/measurements',
  summary: 'Answers what was measured of a database over time.',
  who: inGroup(),
  query,
  linked,
  returns: 'entity',
  errors: [...errors, 'DATABASE_NOT_FOUND'],
})
