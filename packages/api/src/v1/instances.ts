import { reads, v1Endpoint } from './endpoint.js'

export const getInstance = v1Endpoint({
  audit: reads,
  path: '/instance',
  summary: 'Answers the instance that the key belongs to.',
  doc: 'ignored',
  services: ['mongodb', 'redis', 'elasticsearch'],
  returns: 'data',
})

export const getServerStatus = v1Endpoint({
  audit: reads,
  path: '/serverStatus',
  summary: 'Answers what the instance is, does and has done.',
  doc: 'ignored',
  returns: 'data',
})

export const getServerStatusPlus = v1Endpoint({
  audit: reads,
  path: '/serverStatusPlus',
  summary: 'Answers the server status and by how much the slowest secondary lags.',
  doc: 'ignored',
  returns: 'data',
})

export const getCurrentOperations = v1Endpoint({
  audit: reads,
  path: '/current_op',
  summary: 'Answers the operations that are under way.',
  doc: 'ignored',
  returns: 'data',
})

export const getSpaceUsage = v1Endpoint({
  audit: reads,
  path: '/spaceusage/get',
  summary: 'Answers the space that the instance takes, in bytes.',
  doc: 'ignored',
  returns: 'data',
})

export const getLogs = v1Endpoint({
  audit: reads,
  path: '/logs/get',
  summary: 'Answers the latest 100 lines of the log of each host, oldest first.',
  doc: 'ignored',
  returns: 'data',
})
