import { inGroup, publicEndpoint } from './endpoint.js'
import { flag, integer, readOnly, required, text, volatile } from './fields.js'

const monitoring = {
  username: text,
  password: text,
  authMechanismName: text,
  sslEnabled: flag,
  alertsEnabled: flag,
  logsEnabled: flag,
  profilerEnabled: flag,
} as const

const ofServer = {
  ...readOnly(
    'created',
    'deactivated',
    'groupId',
    'hidden',
    'hiddenSecondary',
    'hostEnabled',
    'id',
    'ipAddress',
    'links',
    'secondaryDelaySecs',
    'shardName',
    'slaveDelaySec',
  ),
  ...volatile(
    'aliases',
    'clusterId',
    'hasStartupWarnings',
    'journalingEnabled',
    'lastDataSizeBytes',
    'lastIndexSizeBytes',
    'lastPing',
    'lastRestart',
    'lowUlimit',
    'replicaSetName',
    'replicaStateName',
    'systemInfo',
    'typeName',
    'uptimeMsec',
    'version',
  ),
} as const

const authErrors = [
  'INVALID_AUTH_MECHANISM',
  'MISSING_CREDENTIALS_FOR_AUTH_MECHANISM',
  'CANNOT_SET_CREDENTIALS_FOR_AUTH_MECHANISM',
  'CANNOT_SET_PASSWORD_FOR_AUTH_MECHANISM',
  'AUTH_MECHANISM_REQUIRES_SSL',
] as const

export const listHosts = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts',
  summary: 'Lists the MongoDB processes of a group, by host name and port.',
  who: inGroup(),
  query: { clusterId: { type: 'string' } },
  returns: 'list',
})

export const addHost = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/hosts',
  audit: ['ADD_HOST_AUDIT', 'HOST_UPDATED_AUDIT'],
  summary: 'Begins to monitor a process; one that is monitored already is changed as told.',
  who: inGroup('GROUP_MONITORING_ADMIN'),
  body: { hostname: required(text), port: required(integer), ...monitoring, ...ofServer },
  returns: 'entity',
  errors: ['INVALID_HOSTNAME', 'INVALID_HOST_PORT', 'CANNOT_MODIFY_MANAGED_HOST', ...authErrors],
})

export const getHost = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}',
  summary: 'Answers a process, by its id or its host name and port.',
  who: inGroup(),
  returns: 'entity',
  errors: ['HOST_NOT_FOUND'],
})

export const getHostByName = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/byName/{hostnameAndPort}',
  summary: 'Answers the process at a host name and port.',
  who: inGroup(),
  returns: 'entity',
  errors: ['HOSTNAME_AND_PORT_NOT_FOUND', 'INVALID_HOST_PORT'],
})

export const updateHost = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/hosts/{hostId}',
  audit: ['HOST_UPDATED_AUDIT'],
  summary: 'Changes how a process is monitored.',
  who: inGroup('GROUP_MONITORING_ADMIN'),
  body: { hostname: text, port: integer, ...monitoring, ...ofServer },
  returns: 'entity',
  errors: ['HOST_NOT_FOUND', 'CANNOT_MODIFY_MANAGED_HOST', ...authErrors],
})

export const deleteHost = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}/hosts/{hostId}',
  audit: ['DELETE_HOST_AUDIT'],
  summary: 'No longer monitors a process, which goes on running.',
  who: inGroup('GROUP_MONITORING_ADMIN'),
  returns: 'nothing',
  errors: ['HOST_NOT_FOUND'],
})

export const listHostDatabases = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/databases',
  summary: 'Lists the databases of a process.',
  who: inGroup(),
  returns: 'list',
  errors: ['HOST_NOT_FOUND'],
})

export const getHostDatabase = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/hosts/{hostId}/databases/{databaseName}',
  summary: 'Answers a database of a process.',
  who: inGroup(),
  returns: 'entity',
  errors: ['HOST_NOT_FOUND', 'DATABASE_NOT_FOUND'],
})
