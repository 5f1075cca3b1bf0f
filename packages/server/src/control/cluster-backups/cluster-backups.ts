/**
 * Backups as the Public API has them: of clusters, with rules on how long snapshots are kept.
 * They are the backups of instances, made and restored by these.
 */
import type { Backup } from '../backups/backup.js'
import type { BackupSchedule } from '../backups/backup-schedules.js'
import type { Backups } from '../backups/backups.js'
import type { Instance } from '../instances/instances.js'
import type { InstanceRegistry } from '../instances/registry.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import type { Secrets } from '../secrets.js'
import { openRestoreJobs, type RestoreJobs } from './restore-jobs.js'
import { expiriesOf, type Retention } from './retention.js'
import { type ScheduleRecord, snapshotScheduleTable } from './schedule-record.js'

/** `INACTIVE`: nothing is backed up and there is no snapshot. */
export type BackupStatus = 'INACTIVE' | 'STARTED' | 'STOPPED'

/** When snapshots are taken, in UTC, and how long they are kept. */
export interface SnapshotSchedule extends Retention {
  readonly intervalHours: number
  readonly hour: number
  readonly minute: number
}

export interface ClusterBackups {
  readonly restores: RestoreJobs
  status(instance: Instance): Promise<BackupStatus>
  /** The status that it has then. Rejects when there is no way from the one to the other. */
  setStatus(
    instance: Instance,
    wanted: 'STARTED' | 'STOPPED' | 'TERMINATING',
  ): Promise<BackupStatus>
  schedule(instance: Instance): Promise<SnapshotSchedule>
  setSchedule(instance: Instance, changes: Partial<SnapshotSchedule>): Promise<SnapshotSchedule>
  /** Applies the rules on how long snapshots are kept. */
  sweep(): Promise<void>
  /** Forgets the rules of an instance that is gone; its snapshots stay as long as they were to. */
  forget(instance: Pick<Instance, 'id'>): Promise<void>
  start(): void
  stop(): void
}

export interface ClusterBackupOptions {
  readonly keeping: Keeping
  readonly secrets: Secrets
  readonly backups: Backups
  readonly registry: InstanceRegistry
  /** Is told when the rules cannot be applied. */
  readonly failed: (error: unknown) => void
}

const SWEEP_MS = 60_000

export async function openClusterBackups(options: ClusterBackupOptions): Promise<ClusterBackups> {
  const { keeping, secrets, backups, registry, failed } = options
  const records: Records<ScheduleRecord> = await openRecords(keeping, snapshotScheduleTable)
  const restores = await openRestoreJobs(keeping, secrets, backups)
  let timer: NodeJS.Timeout | undefined

  async function status(instance: Instance): Promise<BackupStatus> {
    if ((await backups.schedules.get(instance)).enabled) return 'STARTED'
    return (await backups.list(instance)).length > 0 ? 'STOPPED' : 'INACTIVE'
  }

  async function terminate(instance: Instance): Promise<void> {
    const all = await backups.list(instance)
    if (all.some(({ state }) => state === 'running')) {
      throw refusal('CANNOT_TERMINATE_BACKUP_INVALID_STATE', 'being taken')
    }
    for (const backup of all) await backups.remove(backup)
  }

  async function schedule(instance: Instance): Promise<SnapshotSchedule> {
    return scheduleOf(await backups.schedules.get(instance), records.get(instance.id))
  }

  async function sweepOf(record: ScheduleRecord): Promise<void> {
    const instance = registry.byId(record.id)
    if (!instance) return
    const isScheduled = ({ reason, state }: Backup) => reason === 'schedule' && state === 'complete'
    const snapshots = (await backups.list(instance)).filter(isScheduled)
    const expiries = expiriesOf(snapshots, record)
    for (const snapshot of snapshots) {
      const wanted = expiries.get(snapshot.id)
      // One that is to stay stays, and one that somebody gave more time has it.
      const { expiresMs } = snapshot
      if (expiresMs === undefined || wanted === undefined || wanted <= expiresMs) continue
      await backups.keepUntil(snapshot, wanted)
    }
  }

  async function sweep(): Promise<void> {
    for (const record of records.all()) await sweepOf(record)
  }

  return {
    restores,
    status,
    async setStatus(instance, wanted) {
      const now = await status(instance)
      if (wanted === now) return now
      if (wanted === 'TERMINATING') {
        if (now === 'INACTIVE') return now
        if (now === 'STARTED') throw refusal('CANNOT_TERMINATE_BACKUP_INVALID_STATE', now)
        await terminate(instance)
        return 'INACTIVE'
      }
      if (wanted === 'STOPPED' && now !== 'STARTED') {
        throw refusal('CANNOT_STOP_BACKUP_INVALID_STATE', now)
      }
      await backups.schedules.set(instance, { enabled: wanted === 'STARTED' })
      return status(instance)
    },
    schedule,
    async setSchedule(instance, changes) {
      const wanted = { ...(await schedule(instance)), ...changes }
      const { intervalHours, hour, minute, ...retention } = wanted
      const at = [hour, minute].map((part) => String(part).padStart(2, '0')).join(':')
      const keepDays = Math.max(1, retention.snapshotDays)
      await backups.schedules.set(instance, { everyHours: intervalHours, at, keepDays })
      await records.save({ id: instance.id, createdMs: Date.now(), ...retention })
      await sweep()
      return schedule(instance)
    },
    sweep,
    async forget({ id }) {
      await records.delete(id)
    },
    start() {
      timer ??= setInterval(() => void sweep().catch(failed), SWEEP_MS).unref()
    },
    stop() {
      clearInterval(timer)
      timer = undefined
    },
  }
}

function scheduleOf(
  { everyHours, at, keepDays }: BackupSchedule,
  record: ScheduleRecord | undefined,
): SnapshotSchedule {
  const [hour, minute] = at.split(':').map(Number)
  return {
    intervalHours: everyHours,
    hour,
    minute,
    snapshotDays: record?.snapshotDays ?? keepDays,
    dailyDays: record?.dailyDays ?? 0,
    weeklyWeeks: record?.weeklyWeeks ?? 0,
    monthlyMonths: record?.monthlyMonths ?? 0,
  }
}
