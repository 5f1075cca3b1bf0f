import { DateTime, ObjectId } from '@gantry/bson'
import type { BackupTarget } from '../../backups/target.js'
import type { BackupContent } from '../../services/backup.js'
import type { Service } from '../../services/driver.js'
import {
  idIn,
  numberIn,
  optionalTextIn,
  optionalTimeIn,
  type Table,
  textIn,
  timeIn,
} from '../state.js'

/**
 * `complete` is said of a backup only when all its files and its manifest are on disk;
 * one that is `running` or `failed` cannot be restored, and one that is `deleting` is shown to nobody.
 */
export type BackupState = 'running' | 'complete' | 'failed' | 'deleting'

/** Why it was made. */
export type BackupReason = 'on demand' | 'schedule' | 'before restore' | 'final'

/** What came of reading a backup again. */
export interface Verification {
  readonly atMs: number
  readonly ok: boolean
  /** What was compared, or what was wrong. */
  readonly text: string
}

/** A backup of an instance, which outlives it. */
export interface Backup {
  readonly id: string
  readonly account: string
  readonly instance: string
  readonly instanceName: string
  readonly instanceType: string
  readonly service: Service
  /** What another instance like it is made with. */
  readonly version: string
  readonly zone: string
  readonly plan: number
  /** The instance's at the time. */
  readonly port: number
  /** `20150827_0001`; unique among those of the instance. */
  readonly label: string
  /** The server whose machine has it; missing where any server reaches it. */
  readonly home?: string
  readonly host: string
  readonly target: BackupTarget['kind']
  /** Where people find it. */
  readonly location: string
  readonly state: BackupState
  readonly reason: BackupReason
  /** What it holds; of a complete one. */
  readonly content?: BackupContent
  /** Of all its files. */
  readonly sizeBytes: number
  /** Why it failed. */
  readonly error?: string
  readonly verification?: Verification
  readonly createdMs: number
  readonly finishedMs?: number
  /** When it may go; missing: it stays until it is deleted. */
  readonly expiresMs?: number
}

/** Where its files are within the target. */
export function pathOf({ instance, label }: Pick<Backup, 'instance' | 'label'>): string {
  return `${instance}/${label}`
}

export const backupTable: Table<Backup> = {
  collection: 'backups',
  unique: [['instance', 'label']],
  indexes: [['account'], ['state']],
  write(backup) {
    const { id, account, instance, service, target, state, reason, sizeBytes, ...rest } = backup
    const { content, verification, createdMs, finishedMs, expiresMs, ...texts } = rest
    const defined = Object.entries(texts).filter(([, value]) => value !== undefined)
    return {
      _id: new ObjectId(id),
      account: new ObjectId(account),
      instance: new ObjectId(instance),
      service: service as string,
      target: target as string,
      state: state as string,
      reason: reason as string,
      sizeBytes: BigInt(sizeBytes),
      ...Object.fromEntries(defined),
      ...(content && { content: JSON.stringify(content) }),
      ...(verification && { verification: JSON.stringify(verification) }),
      created: DateTime.fromMs(createdMs),
      ...(finishedMs !== undefined && { finished: DateTime.fromMs(finishedMs) }),
      ...(expiresMs !== undefined && { expires: DateTime.fromMs(expiresMs) }),
    }
  },
  read(doc) {
    const optional = {
      home: optionalTextIn(doc, 'home'),
      error: optionalTextIn(doc, 'error'),
      content: parsed<BackupContent>(optionalTextIn(doc, 'content')),
      verification: parsed<Verification>(optionalTextIn(doc, 'verification')),
      finishedMs: optionalTimeIn(doc, 'finished'),
      expiresMs: optionalTimeIn(doc, 'expires'),
    }
    const there = Object.entries(optional).filter(([, value]) => value !== undefined)
    return {
      id: idIn(doc, '_id'),
      account: idIn(doc, 'account'),
      instance: idIn(doc, 'instance'),
      instanceName: textIn(doc, 'instanceName'),
      instanceType: textIn(doc, 'instanceType'),
      service: textIn(doc, 'service') as Service,
      version: textIn(doc, 'version'),
      zone: textIn(doc, 'zone'),
      plan: numberIn(doc, 'plan'),
      port: numberIn(doc, 'port'),
      label: textIn(doc, 'label'),
      host: textIn(doc, 'host'),
      target: textIn(doc, 'target') as Backup['target'],
      location: textIn(doc, 'location'),
      state: textIn(doc, 'state') as BackupState,
      reason: textIn(doc, 'reason') as BackupReason,
      sizeBytes: numberIn(doc, 'sizeBytes'),
      createdMs: timeIn(doc, 'created'),
      ...Object.fromEntries(there),
    }
  },
}

function parsed<T>(text: string | undefined): T | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T)
}

/** A time as it stands in the names of backups: year to minute in UTC, `20150827_0001`. */
export function labelOf(ms: number): string {
  const digits = new Date(ms).toISOString().replaceAll(/\D/g, '')
  return `${digits.slice(0, 8)}_${digits.slice(8, 12)}`
}
