import type { EventType } from '@gantry/api'

/** What alerts are about, by which they are told apart and silenced. */
export type AlertTypeName =
  | 'HOST'
  | 'HOST_METRIC'
  | 'REPLICA_SET'
  | 'CLUSTER'
  | 'AGENT'
  | 'BACKUP'
  | 'USER'

/** An event that can alert. */
export interface AlertEvent {
  readonly typeName: AlertTypeName
  /** The side of a threshold that alerts; undefined: it takes none. */
  readonly threshold?: 'GREATER_THAN' | 'LESS_THAN'
  /** What is recorded when it is over; undefined: it happens and is over at once. */
  readonly over?: EventType
  /** For people, before the name of what it is about. */
  readonly title: string
}

const host = { typeName: 'HOST' } as const
const replicaSet = { typeName: 'REPLICA_SET' } as const
const agent = { typeName: 'AGENT' } as const
const backup = { typeName: 'BACKUP' } as const
const user = { typeName: 'USER' } as const

/** All events that can alert, by name. */
export const alertEvents = {
  HOST_DOWN: { ...host, over: 'HOST_UP', title: 'Host is down' },
  HOST_RECOVERING: { ...host, over: 'HOST_RECOVERED', title: 'Host is recovering' },
  HOST_RESTARTED: { ...host, title: 'Host has restarted' },
  VERSION_BEHIND: {
    ...host,
    over: 'VERSION_CURRENT',
    title: 'Host does not run the latest version',
  },
  HOST_EXPOSED: {
    ...host,
    over: 'HOST_LOCKED_DOWN',
    title: 'Host can be reached at a public address',
  },
  OUTSIDE_METRIC_THRESHOLD: {
    typeName: 'HOST_METRIC',
    over: 'INSIDE_METRIC_THRESHOLD',
    title: 'Metric is outside of its threshold',
  },
  NO_PRIMARY: { ...replicaSet, over: 'ONE_PRIMARY', title: 'Replica set has no primary' },
  TOO_MANY_ELECTIONS: {
    ...replicaSet,
    threshold: 'GREATER_THAN',
    over: 'FEW_ELECTIONS',
    title: 'Replica set elects too often',
  },
  TOO_FEW_HEALTHY_MEMBERS: {
    ...replicaSet,
    threshold: 'LESS_THAN',
    over: 'ENOUGH_HEALTHY_MEMBERS',
    title: 'Replica set has too few healthy members',
  },
  TOO_MANY_UNHEALTHY_MEMBERS: {
    ...replicaSet,
    threshold: 'GREATER_THAN',
    over: 'FEW_UNHEALTHY_MEMBERS',
    title: 'Replica set has too many unhealthy members',
  },
  PRIMARY_ELECTED: { ...replicaSet, title: 'Replica set has elected a primary' },
  CLUSTER_MONGOS_IS_MISSING: {
    typeName: 'CLUSTER',
    over: 'CLUSTER_MONGOS_IS_PRESENT',
    title: 'Cluster has no router that answers',
  },
  MONITORING_AGENT_DOWN: {
    ...agent,
    over: 'MONITORING_AGENT_UP',
    title: 'Monitoring agent is down',
  },
  AUTOMATION_AGENT_DOWN: {
    ...agent,
    over: 'AUTOMATION_AGENT_UP',
    title: 'Automation agent is down',
  },
  BACKUP_AGENT_DOWN: { ...agent, over: 'BACKUP_AGENT_UP', title: 'Backup agent is down' },
  RESYNC_REQUIRED: {
    ...backup,
    over: 'RESYNC_PERFORMED',
    title: 'Backup must be synchronized anew',
  },
  OPLOG_BEHIND: { ...backup, over: 'OPLOG_CURRENT', title: 'Backup is overdue' },
  BACKUP_JOB_FAILED: {
    ...backup,
    over: 'BACKUP_JOB_SUCCEEDED',
    title: 'Backup has failed',
  },
  JOINED_GROUP: { ...user, title: 'User has joined the group' },
  REMOVED_FROM_GROUP: { ...user, title: 'User was removed from the group' },
} as const satisfies { readonly [name: string]: AlertEvent }

export type AlertEventName = keyof typeof alertEvents

/** The event of a configuration or an alert. */
export function alertEventOf({
  eventTypeName,
}: {
  readonly eventTypeName: AlertEventName
}): AlertEvent {
  return alertEvents[eventTypeName]
}

/** The event with a name in any case, if there is one that can alert. */
export function findAlertEvent(name: string): AlertEventName | undefined {
  const upper = name.toUpperCase()
  return Object.hasOwn(alertEvents, upper) ? (upper as AlertEventName) : undefined
}
