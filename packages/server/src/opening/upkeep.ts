import { join, resolve } from 'node:path'
import { folderTarget } from '../backups/folder-target.js'
import { s3Target } from '../backups/s3-target.js'
import { type BackupTargets, backupTargets } from '../backups/targets.js'
import type { Config } from '../config.js'
import type { Administration } from '../control/administration.js'
import type { BackupSettings } from '../control/backups/backup-services.js'
import { type Backups, openBackups } from '../control/backups/backups.js'
import { openClusterBackups } from '../control/cluster-backups/cluster-backups.js'
import type { Opened } from '../control/control.js'
import { recordTasks } from '../control/events/task-events.js'
import { createTrimming, type Trimming } from '../control/events/trimming.js'
import { openLogJobs } from '../control/log-jobs/log-jobs.js'
import type { Base } from './base.js'
import type { Work } from './work.js'

/** What is kept of data, logs and events, for as long as it should be. */
export interface Upkeep {
  readonly control: Pick<Opened, 'backups' | 'clusterBackups' | 'logJobs'>
  readonly trimming: Trimming
  /** Makes backups that are due, and drops what has expired, from now on; tasks run by then. */
  begin(): Promise<void>
}

/** Each of them with its tasks. */
export async function openUpkeep(
  base: Base,
  work: Work,
  administration: Administration,
): Promise<Upkeep> {
  const { dataDir, undo, secrets, server, keeping, log, registry } = base
  const { tasks } = work
  const { topology, projects } = administration
  const backups = openBackupsIn(base, work)
  const trimming = keepEvents(base, work, administration)
  const logJobs = await openLogJobs({
    keeping,
    folder: join(dataDir, 'collected-logs'),
    server,
    tasks,
    registry,
    topology,
    projects,
  })
  undo.push(() => logJobs.stop())
  const clusterBackups = await openClusterBackups({
    keeping,
    secrets,
    backups,
    registry,
    failed: (err) => log.error({ err }, 'rules on how long snapshots are kept cannot be applied'),
  })
  undo.push(async () => clusterBackups.stop())
  return {
    control: { backups, clusterBackups, logJobs },
    trimming,
    async begin() {
      await backups.start()
      clusterBackups.start()
      logJobs.start((err) => log.error({ err }, 'collected logs cannot be looked after'))
    },
  }
}

function openBackupsIn(base: Base, { tasks, schedules }: Work): Backups {
  const { config, dataDir, undo, state, server, log, drivers, registry } = base
  const backups = openBackups({
    state,
    registry,
    tasks,
    schedules,
    log,
    server,
    drivers,
    targets: targetsOf(config, dataDir),
    scratch: join(dataDir, 'scratch'),
    settings: backupSettings(config),
    now: Date.now,
  })
  undo.push(() => backups.stop())
  return backups
}

/** Old ones go, and the end of a task makes one. */
function keepEvents(
  { config, undo, log, registry }: Base,
  { tasks }: Work,
  { events, projects }: Administration,
): Trimming {
  const trimming = createTrimming({
    events,
    keepDays: config.eventKeepDays,
    failed: (err) => log.error({ err }, 'old events cannot be deleted'),
  })
  undo.push(() => trimming.stop())
  recordTasks({
    tasks,
    events,
    // What automation runs belongs to no account, but to its project.
    projectOf: (owner) => projects.ofAccount(owner) ?? projects.get(owner),
    instanceOf: registry.byId,
    failed: (err) => log.error({ err }, 'the end of a task cannot be recorded'),
  })
  return trimming
}

/** The folder is there in any case, for what was put into it before there was a bucket. */
function targetsOf(config: Config, dataDir: string): BackupTargets {
  const folder = folderTarget(resolve(config.backupDir ?? join(dataDir, 'backups')))
  const { backupS3Bucket: bucket, backupS3AccessKey, backupS3SecretKey } = config
  if (!bucket || !backupS3AccessKey || !backupS3SecretKey) return backupTargets(folder)
  const bucketTarget = s3Target({
    bucket,
    endpoint: config.backupS3Endpoint,
    region: config.backupS3Region,
    prefix: config.backupS3Prefix,
    accessKey: backupS3AccessKey,
    secretKey: backupS3SecretKey,
  })
  return backupTargets(bucketTarget, folder)
}

function backupSettings({ backups, backupKeepDays, finalBackupDays }: Config): BackupSettings {
  return { daily: backups === 'daily', keepDays: backupKeepDays, finalDays: finalBackupDays }
}
