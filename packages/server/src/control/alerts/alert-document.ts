import { alertEventOf } from '../alert-configs/alert-event.js'
import type { AlertDocument } from '../notifications/message.js'
import type { Alert } from './alert.js'

/** Whether somebody has taken care of it, for now. */
export function isAcknowledged({ acknowledged }: Alert, nowMs: number): boolean {
  return acknowledged !== undefined && acknowledged.untilMs > nowMs
}

/** An alert as the Public API answers it, without its links. */
export function alertDocument(alert: Alert, nowMs: number): AlertDocument {
  const { subject, value, told, resolvedMs } = alert
  const acknowledged = isAcknowledged(alert, nowMs) ? alert.acknowledged : undefined
  const { name: _name, instance: _instance, ...about } = subject
  return {
    ...about,
    ...(acknowledged && {
      acknowledgedUntil: new Date(acknowledged.untilMs),
      acknowledgementComment: acknowledged.comment,
      acknowledgingUsername: acknowledged.by,
    }),
    alertConfigId: alert.config,
    created: new Date(alert.createdMs),
    currentValue: value && { number: value.number, units: value.units },
    eventTypeName: alert.eventTypeName,
    groupId: alert.project,
    id: alert.id,
    lastNotified: told.length > 0 ? new Date(Math.max(...told.map(({ atMs }) => atMs))) : undefined,
    resolved:
      alert.status === 'CLOSED' && resolvedMs !== undefined ? new Date(resolvedMs) : undefined,
    status: alert.status,
    typeName: alertEventOf(alert).typeName,
    updated: new Date(alert.updatedMs),
  }
}
