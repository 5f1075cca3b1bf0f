import { hostname } from 'node:os'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { BackupLayout } from '../../services/backup.js'
import type { Instance } from '../instances/instances.js'
import { type Backup, type BackupReason, backupTable, labelOf, pathOf } from './backup.js'
import type { BackupServices } from './backup-services.js'
import { summedSink, writeManifest } from './manifest.js'

/** How a backup is to be made. */
export interface BackupWish {
  readonly reason: BackupReason
  readonly layout: BackupLayout
  readonly gzip: boolean
  /** Days after which it may go; undefined: it stays. */
  readonly keepDays?: number
}

const DAY_MS = 24 * 3_600_000
/** Backups of one instance in one minute, before there is no name for another. */
const MOST_PER_MINUTE = 100

/** Keeps the record of a backup that is about to be made, under the next free label. */
export async function recordBackup(
  { state, targets, server, now }: BackupServices,
  instance: Instance,
  { reason, keepDays }: BackupWish,
): Promise<Backup> {
  const createdMs = now()
  const target = targets.current
  for (let i = 1; ; i++) {
    const label = labelOf(createdMs) + (i === 1 ? '' : `_${i}`)
    const backup: Backup = {
      id: new ObjectId().toHexString(),
      account: instance.account,
      instance: instance.id,
      instanceName: instance.name,
      instanceType: instance.type,
      service: instance.service,
      version: instance.version,
      zone: instance.zone,
      plan: instance.plan,
      port: instance.port,
      label,
      ...(target.kind === 'folder' && { home: server }),
      host: hostname(),
      target: target.kind,
      location: target.locate(pathOf({ instance: instance.id, label })),
      state: 'running',
      reason,
      sizeBytes: 0,
      createdMs,
      ...(keepDays !== undefined && { expiresMs: createdMs + keepDays * DAY_MS }),
    }
    try {
      await state.insert(backupTable, backup)
      return backup
    } catch (error) {
      const isTaken = error instanceof AppError && error.kind === 'conflict'
      if (!isTaken || i === MOST_PER_MINUTE) throw error
    }
  }
}

export interface Progress {
  readonly signal: AbortSignal
  progress(done: number): void
}

/** Makes the backup that a record is for, from the start; whatever an earlier try has left is removed. */
export async function takeBackup(
  { state, registry, targets, now }: BackupServices,
  instance: Instance,
  backup: Backup,
  { layout, gzip }: Pick<BackupWish, 'layout' | 'gzip'>,
  { signal, progress }: Progress,
): Promise<Backup> {
  const path = pathOf(backup)
  const service = await registry.service(instance)
  if (!service.backup) {
    const what = `${instance.mode} ${instance.service}`
    throw new AppError('unsupported', `there are no backups of ${what} instances`)
  }
  const target = targets.of(backup)
  await target.check()
  await target.remove(path)
  const files = target.files(path)
  const { sink, files: written } = summedSink(files)
  const content = await service.backup(sink, {
    label: backup.label,
    layout,
    gzip,
    signal,
    progress,
  })
  signal.throwIfAborted()
  await writeManifest(files, backup, content, written)
  const sizeBytes = written.reduce((sum, { size }) => sum + size, 0)
  const complete: Backup = { ...backup, state: 'complete', content, sizeBytes, finishedMs: now() }
  await state.save(backupTable, complete)
  return complete
}

/** Says of a backup that it came to nothing, and removes what there is of it. */
export async function failBackup(
  { state, targets, now }: BackupServices,
  backup: Backup,
  error: unknown,
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error)
  await state.save(backupTable, { ...backup, state: 'failed', error: reason, finishedMs: now() })
  await targets.of(backup).remove(pathOf(backup))
}
