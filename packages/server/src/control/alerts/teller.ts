import type { AlertConfig } from '../alert-configs/alert-config.js'
import { alertEventOf } from '../alert-configs/alert-event.js'
import type { EventFacts } from '../events/event.js'
import type { Events } from '../events/events.js'
import type { AlertMessage, MessageKind } from '../notifications/message.js'
import type { Notifications } from '../notifications/notifications.js'
import type { Project } from '../projects/project.js'
import { splitHost } from '../topology/processes.js'
import { type Alert, type AlertStatus, isUnfinished } from './alert.js'
import { alertDocument } from './alert-document.js'
import type { AlertStore } from './alert-store.js'
import { settled, type Telling, tellings } from './life.js'

/** Whether nobody is to be told of alerts of a type, as somebody works on what they are about. */
export type Mutes = (project: string, alertTypeName: string, atMs: number) => boolean

/** Tells people and programs of alerts. */
export interface Teller {
  /**
   * Records what an alert has become, and tells those who are to be told; the alert as it is
   * then. When the server is killed meanwhile this is done again: better twice than never.
   */
  settle(alert: Alert, config: AlertConfig | undefined): Promise<Alert>
  /** Tells those who know of an open alert that somebody takes care of it. */
  acknowledged(alert: Alert, config: AlertConfig | undefined): Promise<void>
}

export interface TellerOptions {
  readonly store: AlertStore
  readonly events: Pick<Events, 'record'>
  readonly notifications: Pick<Notifications, 'send'>
  readonly projectOf: (id: string) => Project | undefined
  readonly mutes: Mutes
  readonly now: () => number
}

export function tellerOf(options: TellerOptions): Teller {
  const { store, events, notifications, projectOf, mutes, now } = options

  async function send(alert: Alert, { kind, notification }: Telling): Promise<void> {
    const project = projectOf(alert.project)
    if (!project) return
    await notifications.send({ project, notification, message: messageOf(alert, kind, now()) })
  }

  return {
    async settle(alert, config) {
      const nowMs = now()
      const { typeName, over } = alertEventOf(alert)
      const isPast = over === undefined
      const muted = mutes(alert.project, typeName, nowMs)
      const told = config ? tellings(alert, config, nowMs, { muted, isPast }) : []
      const recorded = toRecord(alert, isPast)
      if (told.length === 0 && !recorded && alert.live === isUnfinished(alert)) return alert
      // What has happened is in the events already where it comes from there.
      if (recorded && typeName !== 'USER') await record(events, alert, recorded)
      // Before the first of them is told, so that the documents that they get say so.
      const after = settled(alert, told, recorded, nowMs)
      for (const one of told) await send(after, one)
      return (await store.change(alert, after)) ? after : alert
    },
    async acknowledged(alert, config) {
      for (const notification of config?.notifications ?? []) {
        const knows = alert.told.some((told) => told.notification === notification.id)
        if (knows && alert.status === 'OPEN')
          await send(alert, { kind: 'ACKNOWLEDGED', notification })
      }
    },
  }
}

/** The status that the events do not tell of yet; what nobody knows of, or was given up, they never do. */
function toRecord({ status, live, recorded }: Alert, isPast: boolean): AlertStatus | undefined {
  if (!live || status === 'TRACKING' || status === 'CANCELLED' || status === recorded) {
    return undefined
  }
  if (status === 'CLOSED' && recorded !== 'OPEN' && !isPast) return undefined
  return status
}

async function record(
  events: TellerOptions['events'],
  { id, project, config, eventTypeName, subject, value }: Alert,
  status: AlertStatus,
): Promise<void> {
  const { over } = alertEventOf({ eventTypeName })
  const { hostnameAndPort, metricName, replicaSetName, clusterName } = subject
  const host = subject.hostId && hostnameAndPort ? splitHost(hostnameAndPort) : undefined
  const facts: EventFacts = {
    groupId: project,
    alertId: id,
    alertConfigId: config,
    ...(host && { hostname: host.hostname, port: host.port }),
    metricName,
    replicaSetName,
    clusterName,
    currentValue: value && { ...value },
  }
  await events.record(status === 'CLOSED' && over ? over : eventTypeName, facts)
}

const words: { readonly [kind in MessageKind]: string } = {
  OPEN: '',
  UPDATED: 'Still open: ',
  ACKNOWLEDGED: 'Acknowledged: ',
  CLOSED: 'Resolved: ',
  CANCELLED: 'Cancelled: ',
  INFORMATION: '',
}

function messageOf(alert: Alert, kind: MessageKind, nowMs: number): AlertMessage {
  const { subject, value, createdMs, resolvedMs, acknowledged } = alert
  const { name, clusterName, replicaSetName, metricName } = subject
  const { title } = alertEventOf(alert)
  const lines = [
    `${title}: ${name}`,
    ...(clusterName !== undefined && clusterName !== name ? [`Cluster: ${clusterName}`] : []),
    ...(replicaSetName !== undefined ? [`Replica set: ${replicaSetName}`] : []),
    ...(metricName !== undefined ? [`Metric: ${metricName}`] : []),
    ...(value ? [`Value: ${rounded(value.number)} ${value.units}`] : []),
    `Since: ${dateOf(createdMs)}`,
    ...(kind === 'CLOSED' && resolvedMs !== undefined ? [`Resolved: ${dateOf(resolvedMs)}`] : []),
    ...(kind === 'ACKNOWLEDGED' && acknowledged
      ? [`Acknowledged by ${acknowledged.by} until ${dateOf(acknowledged.untilMs)}`]
      : []),
  ]
  const text = lines.join('\n')
  return { kind, alert: alertDocument(alert, nowMs), subject: words[kind] + lines[0], text }
}

function rounded(number: number): number {
  return Math.round(number * 100) / 100
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '')
}
