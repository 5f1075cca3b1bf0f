import type { alertStatuses } from '@gantry/api'
import { DateTime, type Doc, Double, ObjectId, type Writable } from '@gantry/bson'
import type { AlertEventName } from '../alert-configs/alert-event.js'
import type { ThresholdUnits } from '../alert-configs/units.js'
import {
  idIn,
  numberIn,
  optionalTextIn,
  optionalTimeIn,
  type Table,
  textIn,
  timeIn,
  truthIn,
} from '../state.js'

/** How it is with an alert. */
export type AlertStatus = (typeof alertStatuses)[number]

/** What an alert is about; what does not apply is missing. */
export interface AlertSubject {
  /** For people: a host, a replica set, somebody. */
  readonly name: string
  readonly hostId?: string
  readonly hostnameAndPort?: string
  readonly clusterId?: string
  readonly clusterName?: string
  readonly replicaSetName?: string
  readonly metricName?: string
  readonly sourceTypeName?: string
  /** The instance that it belongs to, with which it goes. */
  readonly instance?: string
}

/** What was measured. */
export interface AlertValue {
  readonly number: number
  readonly units: ThresholdUnits
}

/** That somebody takes care of an alert, and until when. */
export interface Acknowledgement {
  readonly untilMs: number
  readonly by: string
  readonly comment?: string
}

/** When somebody was told of an alert last. */
export interface Told {
  /** Of the notification. */
  readonly notification: string
  readonly atMs: number
}

/** Something that a configuration watches for, and that is true or was. */
export interface Alert {
  readonly id: string
  readonly project: string
  readonly config: string
  readonly eventTypeName: AlertEventName
  /** What it is about, by a name that is always the same; a configuration has one live alert of each. */
  readonly target: string
  readonly subject: AlertSubject
  readonly status: AlertStatus
  /** It may still change, or somebody is still to be told what has become of it. */
  readonly live: boolean
  /** Raised with every change but acknowledgements, so that of two servers one makes it. */
  readonly revision: number
  /** The last status that the project's events tell of. */
  readonly recorded?: AlertStatus
  readonly told: readonly Told[]
  readonly acknowledged?: Acknowledgement
  readonly value?: AlertValue
  readonly createdMs: number
  readonly updatedMs: number
  readonly resolvedMs?: number
}

const names = [
  'hostId',
  'hostnameAndPort',
  'clusterId',
  'clusterName',
  'replicaSetName',
  'metricName',
  'sourceTypeName',
  'instance',
] as const

export const alertTable: Table<Alert> = {
  collection: 'alerts',
  uniqueIfThere: [['open']],
  indexes: [['project', 'created'], ['live', 'project'], ['config']],
  write: (alert) => {
    const { id, project, createdMs, eventTypeName, target, subject } = alert
    return {
      _id: new ObjectId(id),
      project: new ObjectId(project),
      config: new ObjectId(alert.config),
      eventTypeName,
      target,
      subject: { ...subject },
      created: DateTime.fromMs(createdMs),
      ...writeChanging(alert),
      ...(alert.acknowledged && { acknowledged: writeAcknowledgement(alert.acknowledged) }),
    }
  },
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: idIn(doc, 'project'),
    config: idIn(doc, 'config'),
    eventTypeName: textIn(doc, 'eventTypeName') as AlertEventName,
    target: textIn(doc, 'target'),
    subject: readSubject(doc.get('subject') as Doc),
    status: textIn(doc, 'status') as AlertStatus,
    live: truthIn(doc, 'live'),
    revision: numberIn(doc, 'revision'),
    ...(doc.has('recorded') && { recorded: textIn(doc, 'recorded') as AlertStatus }),
    told: (doc.get('told') as Doc[]).map((told) => ({
      notification: idIn(told, 'notification'),
      atMs: timeIn(told, 'at'),
    })),
    ...(doc.has('acknowledged') && {
      acknowledged: readAcknowledgement(doc.get('acknowledged') as Doc),
    }),
    ...(doc.has('value') && { value: readValue(doc.get('value') as Doc) }),
    createdMs: timeIn(doc, 'created'),
    updatedMs: timeIn(doc, 'updated'),
    ...(doc.has('resolved') && { resolvedMs: optionalTimeIn(doc, 'resolved') }),
  }),
}

/** Whether it can still become something else. */
export function isUnfinished({ status }: Pick<Alert, 'status'>): boolean {
  return status === 'TRACKING' || status === 'OPEN'
}

/** The fields that change in the course of an alert, as the state keeps them. */
export function writeChanging(alert: Alert): { [name: string]: Writable } {
  const { status, live, revision, recorded, told, value, updatedMs, resolvedMs } = alert
  return {
    status,
    live,
    revision,
    told: told.map(({ notification, atMs }) => ({
      notification: new ObjectId(notification),
      at: DateTime.fromMs(atMs),
    })),
    updated: DateTime.fromMs(updatedMs),
    ...(recorded && { recorded }),
    ...(value && { value: { number: new Double(value.number), units: value.units } }),
    ...(resolvedMs !== undefined && { resolved: DateTime.fromMs(resolvedMs) }),
    // Of what is unfinished there is one: the index says so, whoever makes it.
    ...(isUnfinished(alert) && { open: `${alert.config} ${alert.target}` }),
  }
}

export function writeAcknowledgement({ untilMs, by, comment }: Acknowledgement) {
  return { until: DateTime.fromMs(untilMs), by, ...(comment !== undefined && { comment }) }
}

function readAcknowledgement(doc: Doc): Acknowledgement {
  const comment = optionalTextIn(doc, 'comment')
  return {
    untilMs: timeIn(doc, 'until'),
    by: textIn(doc, 'by'),
    ...(comment !== undefined && { comment }),
  }
}

function readValue(doc: Doc): AlertValue {
  const number = doc.get('number')
  return {
    number: number instanceof Double ? number.value : Number(number),
    units: textIn(doc, 'units') as ThresholdUnits,
  }
}

function readSubject(doc: Doc): AlertSubject {
  const known = names.filter((name) => doc.has(name))
  return {
    name: textIn(doc, 'name'),
    ...Object.fromEntries(known.map((name) => [name, textIn(doc, name)])),
  }
}
