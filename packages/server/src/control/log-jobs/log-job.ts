import { DateTime, ObjectId } from '@gantry/bson'
import type { Command } from '../../services/deployment.js'
import type { Kept } from '../records.js'
import {
  idIn,
  numberIn,
  optionalTextIn,
  optionalTimeIn,
  type Table,
  textIn,
  textsIn,
  timeIn,
  truthIn,
} from '../state.js'

export type LogResource = 'CLUSTER' | 'PROCESS' | 'REPLICASET'

export const logTypes = [
  'AUTOMATION_AGENT',
  'BACKUP_AGENT',
  'MONITORING_AGENT',
  'MONGODB',
  'FTDC',
] as const

export type LogType = (typeof logTypes)[number]

/** What came of one log. */
export interface LogChild {
  /** `host:port` of a process, or the host of an agent. */
  readonly host: string
  readonly type: LogType
  /** In the archive. */
  readonly path: string
  readonly startMs: number
  readonly finishMs: number
  readonly bytes: number
  /** Why there is nothing. */
  readonly error?: string
  /** There is no log of this kind here, which is no failure. */
  readonly isAbsent?: boolean
}

/** What is asked for. */
export interface LogOrder {
  readonly resource: LogResource
  readonly resourceName: string
  /** What that is a part of, or is itself. */
  readonly root: { readonly resource: LogResource; readonly name: string }
  readonly types: readonly LogType[]
  /** Of each log, the last ones. */
  readonly bytes: number
  readonly redacted: boolean
  readonly fromMs?: number
  readonly toMs?: number
}

/** What changes about a job, each by itself as others may change the rest meanwhile. */
export type LogJobChanges = Partial<Pick<LogJob, 'state' | 'children' | 'expiresMs' | 'isExpired'>>

/** The same as fields of the record. */
export function changedFields({ state, children, expiresMs, isExpired }: LogJobChanges): Command {
  return {
    ...(state !== undefined && { state: state as string }),
    ...(children !== undefined && { children: JSON.stringify(children) }),
    ...(expiresMs !== undefined && { expires: DateTime.fromMs(expiresMs) }),
    ...(isExpired !== undefined && { isExpired }),
  }
}

/** Logs that somebody wants to have as one archive. */
export interface LogJob extends Kept, LogOrder {
  readonly project: string
  /** The user or key that wants it. */
  readonly user: string
  /** The server that does it, and keeps the archive. */
  readonly home: string
  readonly state: 'IN_PROGRESS' | 'SUCCESS' | 'FAILED'
  readonly expiresMs: number
  /** Its archive is gone. */
  readonly isExpired: boolean
  readonly children: readonly LogChild[]
}

export const logJobTable: Table<LogJob> = {
  collection: 'logJobs',
  write: ({ id, createdMs, expiresMs, fromMs, toMs, types, root, children, ...job }) => ({
    _id: new ObjectId(id),
    ...job,
    resource: job.resource as string,
    state: job.state as string,
    bytes: BigInt(job.bytes),
    types: [...types],
    rootResource: root.resource as string,
    rootName: root.name,
    children: JSON.stringify(children),
    from: fromMs === undefined ? undefined : DateTime.fromMs(fromMs),
    to: toMs === undefined ? undefined : DateTime.fromMs(toMs),
    expires: DateTime.fromMs(expiresMs),
    created: DateTime.fromMs(createdMs),
  }),
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: textIn(doc, 'project'),
    user: textIn(doc, 'user'),
    home: textIn(doc, 'home'),
    resource: textIn(doc, 'resource') as LogResource,
    resourceName: textIn(doc, 'resourceName'),
    root: { resource: textIn(doc, 'rootResource') as LogResource, name: textIn(doc, 'rootName') },
    types: textsIn(doc, 'types') as LogType[],
    bytes: numberIn(doc, 'bytes'),
    redacted: truthIn(doc, 'redacted'),
    fromMs: optionalTimeIn(doc, 'from'),
    toMs: optionalTimeIn(doc, 'to'),
    state: textIn(doc, 'state') as LogJob['state'],
    isExpired: truthIn(doc, 'isExpired'),
    children: JSON.parse(optionalTextIn(doc, 'children') ?? '[]'),
    expiresMs: timeIn(doc, 'expires'),
    createdMs: timeIn(doc, 'created'),
  }),
}
