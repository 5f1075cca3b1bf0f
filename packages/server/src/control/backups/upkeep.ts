import { DateTime, ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { isFinished } from '../tasks/task.js'
import { type Backup, backupTable } from './backup.js'
import type { BackupSchedules } from './backup-schedules.js'
import type { BackupServices } from './backup-services.js'
import { BACKUP, REMOVE, RESTORE } from './kinds.js'
import { failBackup } from './take-backup.js'

/** Sees to it that every instance has a schedule, and that what is too old goes. */
export interface Upkeep {
  /** Removes backups that have expired; the latest of an instance that still is stays, however old. */
  sweep(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** How often instances without a schedule, and old backups, are looked for. */
const EVERY_MS = 60_000

export function createUpkeep(services: BackupServices, schedules: BackupSchedules): Upkeep {
  const { state, registry, tasks, log, server, now } = services
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  /** Those that are on this machine, or in a bucket that all reach. */
  const isOurs = ({ home }: Backup) => home === undefined || home === server

  async function sweep(): Promise<void> {
    const expired = { state: { $ne: 'running' }, expires: { $lt: DateTime.fromMs(now()) } }
    for (const backup of (await state.list(backupTable, expired)).filter(isOurs)) {
      if (await isLast(backup)) continue
      await remove(backup)
    }
  }

  async function isLast({ id, instance, state: backupState }: Backup): Promise<boolean> {
    if (backupState !== 'complete' || !registry.byId(instance)) return false
    const complete = { instance: new ObjectId(instance), state: 'complete' }
    const latest = await state.find(backupTable, complete, { sort: { created: -1, _id: -1 } })
    return latest?.id === id
  }

  async function remove(backup: Backup): Promise<void> {
    await state.save(backupTable, { ...backup, state: 'deleting' })
    const { account, home } = backup
    const task = { kind: REMOVE, account, ...(home !== undefined && { home }) }
    const exclusive = `${REMOVE} ${backup.id}`
    await tasks.create({ ...task, exclusive, args: { backup: backup.id } }).catch(ignoreConflict)
  }

  async function ensureSchedules(): Promise<void> {
    for (const instance of registry.all()) {
      if (instance.mode === 'attached' || !registry.isHere(instance)) continue
      await schedules.ensure(instance)
    }
  }

  async function look(): Promise<void> {
    try {
      await ensureSchedules()
      await sweep()
    } catch (error) {
      log.error({ err: error }, 'schedules and old backups cannot be seen to')
    }
  }

  /** What a server that was killed left between a record and its task, and deletions that have none. */
  async function mend(): Promise<void> {
    const left = await state.list(backupTable, { state: { $in: ['running', 'deleting'] } })
    for (const backup of left.filter(isOurs)) {
      if (backup.state === 'deleting') await remove(backup)
      else if (!(await isUnderWay(backup))) {
        await failBackup(services, backup, new Error('the server was killed as it began'))
      }
    }
  }

  async function isUnderWay({ instance, reason }: Backup): Promise<boolean> {
    const ofInstance = await tasks.list({ instance: new ObjectId(instance) })
    const unfinished = ofInstance.filter((task) => !isFinished(task))
    if (reason === 'final') return unfinished.length > 0
    return unfinished.some(({ kind }) => kind === BACKUP || kind === RESTORE)
  }

  return {
    sweep,
    async start() {
      await mend()
      await look()
      timer = setInterval(() => {
        looking ??= look().finally(() => {
          looking = undefined
        })
      }, EVERY_MS)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await looking
    },
  }
}

function ignoreConflict(error: unknown): undefined {
  if (error instanceof AppError && error.kind === 'conflict') return undefined
  throw error
}
