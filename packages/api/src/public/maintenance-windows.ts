import { inGroup, publicEndpoint } from './endpoint.js'
import { date, oneOf, readOnly, text, volatile } from './fields.js'

/** Kinds of alerts that a maintenance window can keep from being told. */
const mutedAlertTypes = ['HOST', 'REPLICA_SET', 'CLUSTER', 'AGENT', 'BACKUP'] as const

/** That some of them are needed is said by errors of their own. */
const fields = {
  startDate: date,
  endDate: date,
  alertTypeNames: { type: 'array', items: oneOf(...mutedAlertTypes) },
  description: text,
  ...readOnly('created', 'groupId', 'id', 'links'),
  ...volatile('updated'),
} as const

const mistakes = [
  'MISSING_MAINTENANCE_WINDOW_ALERT_TYPE_NAME',
  'MAINTENANCE_WINDOW_START_DATE_AFTER_END_DATE',
] as const

export const listMaintenanceWindows = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/maintenanceWindows',
  summary: 'Lists the maintenance windows of a group whose end lies ahead.',
  who: inGroup(),
  returns: 'list',
})

export const getMaintenanceWindow = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/maintenanceWindows/{windowId}',
  summary: 'Answers a maintenance window, also one that is over.',
  who: inGroup(),
  returns: 'entity',
  errors: ['MAINTENANCE_WINDOW_NOT_FOUND'],
})

export const createMaintenanceWindow = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/maintenanceWindows',
  summary: 'Makes a time in which alerts of some kinds are tracked, but nobody is told.',
  who: inGroup('GROUP_MONITORING_ADMIN'),
  body: fields,
  returns: 'entity',
  errors: [
    'MISSING_MAINTENANCE_WINDOW_START_DATE',
    'MISSING_MAINTENANCE_WINDOW_END_DATE',
    ...mistakes,
  ],
  audit: 'MAINTENANCE_WINDOW_ADDED_AUDIT',
})

export const updateMaintenanceWindow = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/maintenanceWindows/{windowId}',
  summary: 'Changes a maintenance window.',
  who: inGroup('GROUP_MONITORING_ADMIN'),
  body: fields,
  returns: 'entity',
  errors: ['MAINTENANCE_WINDOW_NOT_FOUND', ...mistakes],
  audit: 'MAINTENANCE_WINDOW_CHANGED_AUDIT',
})

export const deleteMaintenanceWindow = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}/maintenanceWindows/{windowId}',
  summary: 'Deletes a maintenance window; one that is open ends.',
  who: inGroup('GROUP_MONITORING_ADMIN'),
  returns: 'nothing',
  errors: ['MAINTENANCE_WINDOW_NOT_FOUND'],
  audit: 'MAINTENANCE_WINDOW_DELETED_AUDIT',
})
