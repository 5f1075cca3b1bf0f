/** What becomes of an alert, and who is to be told: rules without anything else. */
import { ObjectId } from '@gantry/bson'
import type { AlertConfig } from '../alert-configs/alert-config.js'
import type { MessageKind } from '../notifications/message.js'
import type { Notification } from '../notifications/notification.js'
import {
  type Alert,
  type AlertStatus,
  type AlertSubject,
  type AlertValue,
  isUnfinished,
} from './alert.js'
import { isAcknowledged } from './alert-document.js'

/** What was found of something that a configuration watches. */
export interface Finding {
  readonly target: string
  readonly subject: AlertSubject
  /** `unknown`: nobody can tell, so that everything stays as it is. */
  readonly is: 'true' | 'false' | 'unknown'
  readonly value?: AlertValue
}

const MINUTE_MS = 60_000

/** A new alert of what is true since now. */
export function newAlert(config: AlertConfig, finding: Finding, nowMs: number): Alert {
  return {
    id: new ObjectId().toHexString(),
    project: config.project,
    config: config.id,
    eventTypeName: config.eventTypeName,
    target: finding.target,
    subject: finding.subject,
    status: shortestDelayMs(config) === 0 ? 'OPEN' : 'TRACKING',
    live: true,
    revision: 0,
    told: [],
    ...(finding.value && { value: finding.value }),
    createdMs: nowMs,
    updatedMs: nowMs,
  }
}

/** The alert of something that has happened, and is over. `id` follows from what it was. */
export function pastAlert(
  config: AlertConfig,
  { target, subject, value }: Omit<Finding, 'is'>,
  id: string,
  nowMs: number,
): Alert {
  return {
    ...newAlert(config, { target, subject, value, is: 'true' }, nowMs),
    id,
    status: 'CLOSED',
    resolvedMs: nowMs,
  }
}

/** The same alert as it is with what was found now; the very same when nothing has changed. */
export function next(alert: Alert, config: AlertConfig, finding: Finding, nowMs: number): Alert {
  if (!isUnfinished(alert) || finding.is === 'unknown') return alert
  if (finding.is === 'false') return end(alert, 'CLOSED', nowMs, finding.value)
  const isDue = nowMs >= alert.createdMs + shortestDelayMs(config)
  const status = isDue ? 'OPEN' : alert.status
  const { value = alert.value } = finding
  if (status === alert.status && isSame(value, alert.value)) return alert
  return { ...changed(alert, nowMs), status, ...(value && { value }) }
}

/** The same alert, over; one that is over stays as it is. */
export function end(
  alert: Alert,
  status: 'CLOSED' | 'CANCELLED',
  nowMs: number,
  value: AlertValue | undefined = alert.value,
): Alert {
  if (!isUnfinished(alert)) return alert
  return {
    ...changed(alert, nowMs),
    status,
    ...(value && { value }),
    ...(status === 'CLOSED' && { resolvedMs: nowMs }),
  }
}

/** What is to be told, to whom. */
export interface Telling {
  readonly kind: MessageKind
  readonly notification: Notification
}

/**
 * Who is to be told of an alert now. While it is open, each after a delay of its own and then
 * again and again, unless somebody has acknowledged it or it is `muted`; when it is over,
 * those who know of it. What is over as it happens is told once.
 */
export function tellings(
  alert: Alert,
  config: Pick<AlertConfig, 'notifications'>,
  nowMs: number,
  { muted, isPast }: { readonly muted: boolean; readonly isPast: boolean },
): readonly Telling[] {
  const { status, live, createdMs } = alert
  const { notifications } = config
  const toldMs = ({ id }: Notification) =>
    alert.told.find(({ notification }) => notification === id)?.atMs
  if (isPast) {
    if (muted || !live) return []
    return notifications
      .filter((one) => toldMs(one) === undefined)
      .map((notification) => ({ kind: 'INFORMATION', notification }))
  }
  if (status === 'CLOSED' || status === 'CANCELLED') {
    if (!live) return []
    return notifications
      .filter((one) => toldMs(one) !== undefined)
      .map((notification) => ({ kind: status, notification }))
  }
  if (status === 'TRACKING' || muted || isAcknowledged(alert, nowMs)) return []
  return notifications.flatMap((notification): Telling[] => {
    const { delayMin, intervalMin } = notification
    const atMs = toldMs(notification)
    const dueMs =
      atMs === undefined ? createdMs + delayMin * MINUTE_MS : atMs + intervalMin * MINUTE_MS
    if (nowMs < dueMs) return []
    return [{ kind: atMs === undefined ? 'OPEN' : 'UPDATED', notification }]
  })
}

/** The same alert after everybody in `tellings` was told and its status was recorded. */
export function settled(
  alert: Alert,
  told: readonly Telling[],
  recorded: AlertStatus | undefined,
  nowMs: number,
): Alert {
  const ids = new Set(told.map(({ notification }) => notification.id))
  const others = alert.told.filter(({ notification }) => !ids.has(notification))
  return {
    ...alert,
    revision: alert.revision + 1,
    live: isUnfinished(alert),
    ...(recorded && { recorded }),
    told: [...others, ...[...ids].map((notification) => ({ notification, atMs: nowMs }))],
  }
}

function changed(alert: Alert, nowMs: number): Alert {
  return { ...alert, revision: alert.revision + 1, updatedMs: nowMs }
}

function shortestDelayMs({ notifications }: AlertConfig): number {
  return Math.min(...notifications.map(({ delayMin }) => delayMin)) * MINUTE_MS
}

function isSame(a: AlertValue | undefined, b: AlertValue | undefined): boolean {
  return a?.number === b?.number && a?.units === b?.units
}
