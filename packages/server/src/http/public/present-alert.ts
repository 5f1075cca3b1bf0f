import type { AlertConfig } from '../../control/alert-configs/alert-config.js'
import { alertEventOf } from '../../control/alert-configs/alert-event.js'
import type { Alert } from '../../control/alerts/alert.js'
import { alertDocument } from '../../control/alerts/alert-document.js'
import type { AlertQuery } from '../../control/alerts/alert-store.js'
import type { Control } from '../../control/control.js'
import { type Entity, type Listing, linkTo, path, self } from './result.js'

/** Alerts, newest first. */
export function alertsIn(control: Control, query: AlertQuery, now: () => number): Listing {
  const { alerts } = control
  return {
    total: () => alerts.count(query),
    async page(skip, limit) {
      const found = await alerts.list(query, skip, limit)
      return found.map((alert) => ({ key: alert.id, entity: presentAlert(alert, now()) }))
    },
    behind: (keys) => alerts.behind(query, keys),
  }
}

/** An alert as the Public API shows it. */
export function presentAlert(alert: Alert, nowMs: number): Entity {
  const { id, project, subject } = alert
  const { hostId, clusterId } = subject
  const group = path`/groups/${project}`
  return {
    ...alertDocument(alert, nowMs),
    links: [
      self(group + path`/alerts/${id}`),
      linkTo('group', group),
      ...(hostId === undefined ? [] : [linkTo('host', group + path`/hosts/${hostId}`)]),
      ...(hostId !== undefined || clusterId === undefined
        ? []
        : [linkTo('cluster', group + path`/clusters/${clusterId}`)]),
    ],
  }
}

/** An alert configuration as the Public API shows it. */
export function presentAlertConfig(control: Control, config: AlertConfig): Entity {
  const { id, project, eventTypeName, enabled, matchers, metricThreshold, threshold } = config
  return {
    created: new Date(config.createdMs),
    enabled,
    eventTypeName,
    groupId: project,
    id,
    matchers: matchers.map(({ fieldName, operator, value }) => ({ fieldName, operator, value })),
    metricThreshold: metricThreshold && { ...metricThreshold, mode: 'AVERAGE' },
    notifications: config.notifications.map((notification) =>
      control.notifications.present(notification),
    ),
    threshold: threshold && { ...threshold },
    typeName: alertEventOf(config).typeName,
    updated: new Date(config.updatedMs),
    links: [
      self(path`/groups/${project}/alertConfigs/${id}`),
      linkTo('group', path`/groups/${project}`),
    ],
  }
}
