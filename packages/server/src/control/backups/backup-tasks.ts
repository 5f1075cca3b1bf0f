import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { BackupLayout } from '../../services/backup.js'
import type { Instance } from '../instances/instances.js'
import type { TaskHandler, TaskWork } from '../tasks/handler.js'
import type { Task } from '../tasks/task.js'
import { type Backup, backupTable, pathOf } from './backup.js'
import type { BackupServices } from './backup-services.js'
import { BACKUP, REMOVE, RESTORE, VERIFY } from './kinds.js'
import { restoring } from './restore-task.js'
import { failBackup, recordBackup, takeBackup } from './take-backup.js'
import { verifyBackup } from './verify-backup.js'

/** Has the tasks done; `sweep` removes backups that have become too old. */
export function handleBackupTasks(services: BackupServices, sweep: () => Promise<void>): void {
  const { tasks } = services
  tasks.handle(BACKUP, backingUp(services, sweep))
  tasks.handle(VERIFY, verifying(services))
  tasks.handle(RESTORE, restoring(services))
  tasks.handle(REMOVE, removing(services))
}

function backingUp(services: BackupServices, sweep: () => Promise<void>): TaskHandler {
  const { registry, state } = services
  return {
    cancellable: true,
    async run(task, work) {
      const instance = registry.byId(task.instance ?? '')
      if (!instance) throw new AppError('not_found', 'the instance is gone')
      const backup = await recordFor(services, task, instance, work)
      // Killed between the two, it only has to be said that it is done.
      if (backup.state !== 'complete') {
        await work.step(work.isResumed ? 'reading anew after a restart' : 'reading', 0.01)
        await takeBackup(services, instance, backup, formOf(task), work)
      }
      await sweep()
    },
    async rollBack(task, error) {
      const id = task.args.backup ?? task.result.backup
      if (typeof id !== 'string') return
      const backup = await state.find(backupTable, { _id: new ObjectId(id) })
      if (backup && backup.state !== 'complete') await failBackup(services, backup, error)
    },
  }
}

/** The one that was asked for; or, of a schedule, the one that an earlier try made, or a new one. */
async function recordFor(
  services: BackupServices,
  { args, result }: Task,
  instance: Instance,
  work: TaskWork,
): Promise<Backup> {
  const known = args.backup ?? result.backup
  if (typeof known === 'string') return find(services, known)
  const { keepDays } = args
  const backup = await recordBackup(services, instance, {
    reason: 'schedule',
    ...formOf({ args }),
    keepDays: typeof keepDays === 'number' ? keepDays : services.settings.keepDays,
  })
  await work.step('beginning', 0, { backup: backup.id })
  return backup
}

function formOf({ args }: Pick<Task, 'args'>): { layout: BackupLayout; gzip: boolean } {
  return {
    layout: args.layout === 'directory' ? 'directory' : 'archive',
    gzip: args.gzip !== false,
  }
}

function verifying(services: BackupServices): TaskHandler {
  return {
    cancellable: true,
    async run({ id, args }, work) {
      const backup = await find(services, String(args.backup))
      await work.step('reading and restoring it elsewhere', 0)
      const verification = await verifyBackup(services, backup, `verify-${id}`, work)
      const update = { $set: { verification: JSON.stringify(verification) } }
      await services.state.update(backupTable, new ObjectId(backup.id), update)
      await work.step('compared', 1, { verification: verification.text })
      if (!verification.ok) throw new AppError('invalid', verification.text)
    },
  }
}

function removing({ state, targets }: BackupServices): TaskHandler {
  return {
    async run({ args }) {
      const id = new ObjectId(String(args.backup))
      const backup = await state.find(backupTable, { _id: id })
      if (!backup) return
      await targets.of(backup).remove(pathOf(backup))
      await state.delete(backupTable, id)
    },
  }
}

async function find({ state }: BackupServices, id: string): Promise<Backup> {
  const backup = await state.find(backupTable, { _id: new ObjectId(id) })
  if (backup) return backup
  throw new AppError('not_found', 'the backup is gone')
}
