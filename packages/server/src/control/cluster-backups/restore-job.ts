import { Binary, DateTime, type Doc, ObjectId, Timestamp } from '@gantry/bson'
import type { ChangeTime } from '../../services/backup.js'
import type { Kept } from '../records.js'
import { bytesIn, idIn, numberIn, optionalTextIn, type Table, textIn, timeIn } from '../state.js'

/** A snapshot that is restored, or of which a file may be fetched. */
export interface RestoreJob extends Kept {
  readonly project: string
  readonly cluster: string
  readonly clusterName: string
  readonly snapshot: string
  /** When that was taken. */
  readonly snapshotMs: number
  /** The last change in it, if that is known. */
  readonly lastChange?: ChangeTime
  /** Jobs that were made together have it. */
  readonly batch?: string
  /** Of a restore into a cluster. */
  readonly task?: string
  readonly targetProject?: string
  readonly targetCluster?: string
  readonly targetName?: string
  /** Of a file to be fetched: its name, and what stands in its link. */
  readonly file?: string
  readonly tokenHash?: string
  /** Sealed for the purpose `RESTORE_TOKEN`. */
  readonly tokenSealed?: Buffer
  readonly expiresMs?: number
  readonly maxDownloads: number
  readonly downloads: number
}

export const RESTORE_TOKEN = 'restore token'

const texts = [
  'batch',
  'task',
  'targetProject',
  'targetCluster',
  'targetName',
  'file',
  'tokenHash',
] as const

export const restoreJobTable: Table<RestoreJob> = {
  collection: 'restoreJobs',
  write({
    id,
    project,
    cluster,
    snapshot,
    snapshotMs,
    lastChange,
    tokenSealed,
    expiresMs,
    createdMs,
    ...rest
  }) {
    return {
      _id: new ObjectId(id),
      project: new ObjectId(project),
      cluster: new ObjectId(cluster),
      snapshot: new ObjectId(snapshot),
      taken: DateTime.fromMs(snapshotMs),
      ...(lastChange && { lastChange: new Timestamp(lastChange.seconds, lastChange.increment) }),
      ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
      ...(tokenSealed && { tokenSealed: new Binary(tokenSealed) }),
      ...(expiresMs !== undefined && { expires: DateTime.fromMs(expiresMs) }),
      created: DateTime.fromMs(createdMs),
    }
  },
  read: (doc) => ({
    id: idIn(doc, '_id'),
    project: idIn(doc, 'project'),
    cluster: idIn(doc, 'cluster'),
    clusterName: textIn(doc, 'clusterName'),
    snapshot: idIn(doc, 'snapshot'),
    snapshotMs: timeIn(doc, 'taken'),
    ...changeIn(doc),
    ...Object.fromEntries(
      texts.filter((name) => doc.has(name)).map((name) => [name, optionalTextIn(doc, name)]),
    ),
    ...(doc.has('tokenSealed') && { tokenSealed: bytesIn(doc, 'tokenSealed') }),
    ...(doc.has('expires') && { expiresMs: timeIn(doc, 'expires') }),
    maxDownloads: numberIn(doc, 'maxDownloads'),
    downloads: numberIn(doc, 'downloads'),
    createdMs: timeIn(doc, 'created'),
  }),
}

function changeIn(doc: Doc): Pick<RestoreJob, 'lastChange'> {
  const time = doc.get('lastChange')
  return time instanceof Timestamp ? { lastChange: { seconds: time.t, increment: time.i } } : {}
}
