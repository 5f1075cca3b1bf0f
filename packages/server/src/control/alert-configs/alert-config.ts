import type { matcherFieldNames, matcherOperators } from '@gantry/api'
import { DateTime, type Doc, Double, ObjectId } from '@gantry/bson'
import {
  type Notification,
  readNotification,
  writeNotification,
} from '../notifications/notification.js'
import type { Kept } from '../records.js'
import { idIn, type Table, textIn, timeIn, truthIn } from '../state.js'
import type { AlertEventName } from './alert-event.js'
import type { ThresholdUnits } from './units.js'

export type MatcherFieldName = (typeof matcherFieldNames)[number]

/** What something must be like for a configuration to look at it. */
export interface Matcher {
  readonly fieldName: MatcherFieldName
  readonly operator: (typeof matcherOperators)[number]
  readonly value: string
}

/** From where on something is too much, or too little. */
export interface Threshold {
  readonly operator: 'GREATER_THAN' | 'LESS_THAN'
  readonly threshold: number
  readonly units: ThresholdUnits
}

/** A threshold of a measurement. */
export interface MetricThreshold extends Threshold {
  readonly metricName: string
}

/** On what a project alerts, and whom it tells. */
export interface AlertConfig extends Kept {
  readonly project: string
  readonly eventTypeName: AlertEventName
  readonly enabled: boolean
  /** All of them must fit. */
  readonly matchers: readonly Matcher[]
  readonly metricThreshold?: MetricThreshold
  readonly threshold?: Threshold
  /** At least one. */
  readonly notifications: readonly Notification[]
  readonly updatedMs: number
  /** Since when it is on; what happened before does not alert. */
  readonly enabledMs: number
}

export const alertConfigTable: Table<AlertConfig> = {
  collection: 'alertConfigs',
  write: ({ id, project, notifications, metricThreshold, threshold, ...rest }) => {
    const { createdMs, updatedMs, enabledMs, matchers, ...plain } = rest
    return {
      _id: new ObjectId(id),
      project: new ObjectId(project),
      ...plain,
      matchers: matchers.map((matcher) => ({ ...matcher })),
      ...(metricThreshold && { metricThreshold: writeThreshold(metricThreshold) }),
      ...(threshold && { threshold: writeThreshold(threshold) }),
      notifications: notifications.map(writeNotification),
      created: DateTime.fromMs(createdMs),
      updated: DateTime.fromMs(updatedMs),
      enabledSince: DateTime.fromMs(enabledMs),
    }
  },
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: idIn(doc, 'project'),
    eventTypeName: textIn(doc, 'eventTypeName') as AlertEventName,
    enabled: truthIn(doc, 'enabled'),
    matchers: (doc.get('matchers') as Doc[]).map(
      (matcher) => Object.fromEntries(matcher) as unknown as Matcher,
    ),
    ...(doc.has('metricThreshold') && { metricThreshold: readMetricThreshold(doc) }),
    ...(doc.has('threshold') && { threshold: readThreshold(doc.get('threshold') as Doc) }),
    notifications: (doc.get('notifications') as Doc[]).map(readNotification),
    createdMs: timeIn(doc, 'created'),
    updatedMs: timeIn(doc, 'updated'),
    enabledMs: timeIn(doc, 'enabledSince'),
  }),
}

function writeThreshold<T extends Threshold>({ threshold, ...rest }: T) {
  return { ...rest, threshold: new Double(threshold) }
}

function readThreshold(doc: Doc): Threshold {
  const threshold = doc.get('threshold')
  return {
    operator: textIn(doc, 'operator') as Threshold['operator'],
    threshold: threshold instanceof Double ? threshold.value : Number(threshold),
    units: textIn(doc, 'units') as ThresholdUnits,
  }
}

function readMetricThreshold(doc: Doc): MetricThreshold {
  const threshold = doc.get('metricThreshold') as Doc
  return { ...readThreshold(threshold), metricName: textIn(threshold, 'metricName') }
}
