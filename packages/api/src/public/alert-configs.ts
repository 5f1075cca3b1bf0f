import {
  matcherFieldNames,
  matcherOperators,
  thresholdOperators,
  thresholdUnits,
} from './alert-words.js'
import { caller, inGroup, publicEndpoint } from './endpoint.js'
import { flag, number, optional, readOnly, required, text, volatile } from './fields.js'
import { notificationErrors, notificationField } from './notifications.js'

/** Clients write these in capitals, or do not. */
function anyCaseOf<const V extends readonly string[]>(values: V) {
  return { type: 'string', values, anyCase: true } as const
}

const matchers = {
  type: 'array',
  items: {
    type: 'object',
    fields: {
      fieldName: required(anyCaseOf(matcherFieldNames)),
      operator: required(anyCaseOf(matcherOperators)),
      value: required(text),
    },
  },
} as const

const metricThreshold = {
  type: 'object',
  fields: {
    metricName: required(text),
    mode: text,
    operator: required(anyCaseOf(thresholdOperators)),
    threshold: required(number),
    units: anyCaseOf(thresholdUnits),
  },
} as const

const threshold = {
  type: 'object',
  fields: {
    operator: anyCaseOf(thresholdOperators),
    threshold: required(number),
    units: anyCaseOf(thresholdUnits),
  },
} as const

const body = {
  eventTypeName: required(text),
  typeName: text,
  enabled: flag,
  matchers,
  metricThreshold,
  threshold,
  notifications: { type: 'array', items: notificationField },
  ...readOnly('created', 'groupId', 'id', 'links'),
  ...volatile('updated'),
} as const

const changeAudits = [
  'ALERT_CONFIG_CHANGED_AUDIT',
  'ALERT_CONFIG_ENABLED_AUDIT',
  'ALERT_CONFIG_DISABLED_AUDIT',
] as const

const contentErrors = [
  'INVALID_EVENT_TYPE_FOR_ALERT',
  'MISSING_METRIC_THRESHOLD',
  'METRIC_THRESHOLD_PRESENT',
  'TOTAL_MODE_DEPRECATED',
  'UNITS_MISMATCH',
  'MISSING_THRESHOLD',
  'THRESHOLD_PRESENT',
  'INVALID_OPERATOR_FOR_EVENT_TYPE',
  ...notificationErrors,
] as const

export const listAlertConfigs = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/alertConfigs',
  summary: 'Lists what a group alerts on, and whom it tells.',
  who: inGroup(),
  returns: 'list',
})

export const createAlertConfig = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/alertConfigs',
  summary: 'Makes an alert configuration; without `enabled` it is off.',
  who: inGroup('GROUP_OWNER'),
  body,
  audit: 'ALERT_CONFIG_ADDED_AUDIT',
  returns: 'entity',
  errors: contentErrors,
})

export const getAlertConfig = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/alertConfigs/{alertConfigId}',
  summary: 'Answers an alert configuration, secrets starred.',
  who: inGroup(),
  returns: 'entity',
  errors: ['ALERT_CONFIG_NOT_FOUND'],
})

export const replaceAlertConfig = publicEndpoint({
  method: 'PUT',
  path: '/groups/{groupId}/alertConfigs/{alertConfigId}',
  summary: 'Replaces an alert configuration; a starred secret is left as it is.',
  who: inGroup('GROUP_OWNER'),
  body,
  audit: changeAudits,
  returns: 'entity',
  errors: ['ALERT_CONFIG_NOT_FOUND', ...contentErrors],
})

export const updateAlertConfig = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/alertConfigs/{alertConfigId}',
  summary: 'Turns an alert configuration on or off, or changes anything else of it.',
  who: inGroup('GROUP_OWNER'),
  body: optional(body),
  audit: changeAudits,
  returns: 'entity',
  errors: ['ALERT_CONFIG_NOT_FOUND', ...contentErrors],
})

export const deleteAlertConfig = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}/alertConfigs/{alertConfigId}',
  summary: 'Deletes an alert configuration, and cancels its alerts.',
  who: inGroup('GROUP_OWNER'),
  audit: 'ALERT_CONFIG_DELETED_AUDIT',
  returns: 'nothing',
  errors: ['ALERT_CONFIG_NOT_FOUND'],
})

export const listAlertsOfConfig = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/alertConfigs/{alertConfigId}/alerts',
  summary: 'Lists the open alerts of a configuration, newest first.',
  who: inGroup(),
  returns: 'list',
  errors: ['ALERT_CONFIG_NOT_FOUND'],
})

export const listMatcherFieldNames = publicEndpoint({
  method: 'GET',
  path: '/alertConfigs/matchers/fieldNames',
  summary: 'Lists what matchers can look at.',
  who: caller,
  returns: 'array',
})
