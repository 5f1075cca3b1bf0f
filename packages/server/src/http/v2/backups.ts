import { v2 } from '@gantry/api'
import { DateTime, ObjectId, type Writable } from '@gantry/bson'
import type { Account } from '../../control/accounts/accounts.js'
import type { Backup } from '../../control/backups/backup.js'
import type { BackupSchedule } from '../../control/backups/backup-schedules.js'
import type { Control } from '../../control/control.js'
import type { Instance } from '../../control/instances/instances.js'
import { AppError } from '../../errors.js'
import { route } from './route.js'
import { presentTask } from './tasks.js'
import { whole } from './values.js'

export const backupRoutes = [
  route(v2.listBackups, async ({ control, account, instance }) =>
    (await control.backups.list(instance)).map((backup) => present(backup, account)),
  ),
  route(v2.listAllBackups, async ({ control, account }) =>
    (await control.backups.ofAccount(account.id)).map((backup) => present(backup, account)),
  ),
  route(v2.createBackup, async ({ control, account, instance, body, noted }) => {
    const { keep_days: keepDays, ...how } = body
    const { backup, task } = await control.backups.create(instance, { ...how, keepDays })
    noted.snapshot = backup.label
    return { ...present(backup, account), task: task.id }
  }),
  route(v2.getBackupSchedule, async ({ control, instance }) =>
    presentSchedule(await control.backups.schedules.get(instance)),
  ),
  route(v2.setBackupSchedule, async ({ control, instance, body }) => {
    const { every_hours: everyHours, keep_days: keepDays, ...rest } = body
    const change = {
      ...rest,
      ...(everyHours !== undefined && { everyHours }),
      ...(keepDays !== undefined && { keepDays }),
    }
    return presentSchedule(await control.backups.schedules.set(instance, change))
  }),
  route(v2.getBackup, async ({ control, account, instance, params }) =>
    present(await control.backups.get(instance, params.backup), account),
  ),
  route(v2.deleteBackup, async ({ control, instance, params, noted }) => {
    const backup = await control.backups.get(instance, params.backup)
    noted.snapshot = backup.label
    return presentTask(await control.backups.remove(backup))
  }),
  route(v2.verifyBackup, async ({ control, instance, params }) => {
    const backup = await control.backups.get(instance, params.backup)
    return presentTask(await control.backups.verify(backup))
  }),
  route(v2.restoreBackup, async ({ control, account, instance, params, body, noted }) => {
    const { into, new: isNew = false, ...how } = body
    const backup = await control.backups.get(instance, params.backup)
    const target = await targetOf(control, account, instance, backup, into, isNew)
    Object.assign(noted, { snapshot: backup.label, targetClusterName: target.name })
    const order = isNew ? { ...how, safety: false } : how
    return presentTask(await control.backups.restore(backup, target, order))
  }),
]

async function targetOf(
  { instances, lifecycle }: Control,
  account: Account,
  instance: Instance,
  backup: Backup,
  into: string | undefined,
  isNew: boolean,
): Promise<Instance> {
  if (into === undefined) {
    if (isNew) throw new AppError('invalid', 'into: a new instance needs a name')
    return instance
  }
  if (!isNew) return lifecycle.get(account.id, into)
  const { service, instanceType: type, version, zone, plan } = backup
  const { id } = await lifecycle.create(account, { name: into, service, type, version, zone, plan })
  return instances.byId(id) as Instance
}

function present(backup: Backup, { login }: Account): Record<string, Writable> {
  const { content, verification, expiresMs } = backup
  const documents = content?.counts.reduce((sum, count) => sum + count.documents, 0) ?? 0
  return {
    _id: new ObjectId(backup.id),
    instance_id: new ObjectId(backup.instance),
    instance_name: backup.instanceName,
    instance_type: backup.instanceType,
    login,
    port: whole(backup.port),
    backup_directory: backup.location,
    backup_host: backup.host,
    error_msg: outcome(backup),
    filenames: { ...content?.parts },
    timestamp: DateTime.fromMs(backup.createdMs),
    timestamp_formatted: timeText(backup.createdMs),
    label: backup.label,
    state: backup.state as string,
    reason: backup.reason as string,
    target: backup.target as string,
    format: content?.format ?? '',
    consistency: content?.consistency ?? '',
    documents: whole(documents),
    size: whole(backup.sizeBytes),
    ...(expiresMs !== undefined && { expires: DateTime.fromMs(expiresMs) }),
    ...(verification && {
      verified: {
        date: DateTime.fromMs(verification.atMs),
        ok: verification.ok,
        message: verification.text,
      },
    }),
  }
}

/** Clients of old look for a success in the field for errors. */
function outcome({ state, error = '', createdMs, finishedMs = createdMs }: Backup): string {
  if (state === 'running') return 'In progress'
  if (state !== 'complete') return `Failed: ${error}`
  return `Successful, completed in ${Math.round((finishedMs - createdMs) / 1000)} seconds`
}

/** `2015/08/27 00:01:01`, in UTC. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')
}

function presentSchedule(schedule: BackupSchedule): Record<string, Writable> {
  const { enabled, everyHours, at, keepDays, layout, gzip, nextMs } = schedule
  return {
    enabled,
    every_hours: everyHours,
    at,
    keep_days: keepDays,
    layout: layout as string,
    gzip,
    ...(nextMs !== undefined && { next: DateTime.fromMs(nextMs) }),
  }
}
