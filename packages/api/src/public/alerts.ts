import { inGroup, publicEndpoint } from './endpoint.js'
import { readOnly, text, volatile } from './fields.js'

export const listAlerts = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/alerts',
  summary: 'Lists the alerts of a group, newest first.',
  who: inGroup(),
  query: { status: { type: 'string' } },
  returns: 'list',
  errors: ['INVALID_ALERT_STATUS'],
})

export const listGlobalAlerts = publicEndpoint({
  method: 'GET',
  path: '/globalAlerts',
  summary: 'Lists the alerts of all groups, newest first.',
  who: { scope: 'global', roles: ['GLOBAL_OWNER'] },
  query: { status: { type: 'string' } },
  returns: 'list',
  errors: ['INVALID_ALERT_STATUS'],
  // Only some may follow it.
  linked: false,
})

export const getAlert = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/alerts/{alertId}',
  summary: 'Answers an alert.',
  who: inGroup(),
  returns: 'entity',
  errors: ['ALERT_NOT_FOUND'],
})

export const acknowledgeAlert = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/alerts/{alertId}',
  summary:
    'Acknowledges an alert, which tells nobody until then; a date that is past, empty or missing takes that back.',
  who: inGroup(
    'GROUP_AUTOMATION_ADMIN',
    'GROUP_BACKUP_ADMIN',
    'GROUP_MONITORING_ADMIN',
    'GROUP_USER_ADMIN',
    'GROUP_DATA_ACCESS_ADMIN',
    'GROUP_DATA_ACCESS_READ_WRITE',
    'GROUP_DATA_ACCESS_READ_ONLY',
  ),
  body: {
    // Not a date, as it may be empty.
    acknowledgedUntil: text,
    acknowledgementComment: text,
    ...readOnly(
      'alertConfigId',
      'clusterId',
      'clusterName',
      'created',
      'eventTypeName',
      'groupId',
      'hostId',
      'hostnameAndPort',
      'id',
      'links',
      'metricName',
      'replicaSetName',
      'sourceTypeName',
      'typeName',
    ),
    ...volatile(
      'acknowledgingUsername',
      'currentValue',
      'lastNotified',
      'resolved',
      'status',
      'updated',
    ),
  },
  audit: ['ALERT_ACKNOWLEDGED_AUDIT', 'ALERT_UNACKNOWLEDGED_AUDIT'],
  returns: 'entity',
  errors: ['ALERT_NOT_FOUND', 'ACKNOWLEDGEMENT_COMMENT_TOO_LONG'],
})

export const listConfigsOfAlert = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/alerts/{alertId}/alertConfigs',
  summary: 'Lists the alert configuration that an alert comes from, while there is one.',
  who: inGroup(),
  returns: 'list',
  errors: ['ALERT_NOT_FOUND'],
})
