import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Instance } from '../instances/instances.js'
import type { TaskHandler, TaskWork } from '../tasks/handler.js'
import type { Task } from '../tasks/task.js'
import { type Backup, backupTable, pathOf } from './backup.js'
import type { BackupServices } from './backup-services.js'
import { checkFiles, readManifest, withoutManifest } from './manifest.js'
import { failBackup, type Progress, recordBackup, takeBackup } from './take-backup.js'

/** How long what was there before a restore is kept. */
const SAFETY_DAYS = 7
const SAFETY_FORM = { layout: 'archive', gzip: true } as const

/**
 * Replaces everything in an instance by what a backup holds. The backup's files are checked
 * before anything is touched, and what is there is backed up. When the restore then fails, the
 * instance gets back what it had; when the server is killed, it begins anew and goes to its end.
 */
export function restoring(services: BackupServices): TaskHandler {
  const { registry, state } = services

  function subject({ instance: id = '' }: Task): Instance {
    const instance = registry.byId(id)
    if (instance) return instance
    throw new AppError('not_found', 'the instance is gone')
  }

  return {
    async run(task, work) {
      const { args, result } = task
      const into = subject(task)
      const backup = await complete(services, String(args.backup))
      await work.step('checking the files of the backup', 0)
      await check(services, backup, { ...work, progress: (done) => work.progress(done * 0.2) })
      if (args.safety !== false && result.isReplacing !== true) {
        await keepWhatIsThere(services, into, task, work)
      }
      await work.step('replacing the data', 0.4, { isReplacing: true })
      const report = await replace(services, backup, into, {
        signal: work.signal,
        users: args.users !== false,
        progress: (done) => work.progress(0.4 + done * 0.6),
      })
      await work.step('restored', 1, { warnings: report.warnings.join('; ') })
    },
    async rollBack(task) {
      const { result } = task
      const { safety } = result
      if (typeof safety !== 'string') return
      const before = await state.find(backupTable, { _id: new ObjectId(safety) })
      if (before?.state === 'running') {
        await failBackup(services, before, new Error('the restore did not take place'))
      }
      if (result.isReplacing !== true || before?.state !== 'complete') return
      const signal = new AbortController().signal
      await replace(services, before, subject(task), { signal, users: true, progress() {} })
    },
  }
}

interface ReplaceWork extends Progress {
  readonly users: boolean
}

async function replace(
  { registry, targets }: BackupServices,
  backup: Backup,
  into: Instance,
  work: ReplaceWork,
) {
  const service = await registry.service(into)
  if (!service.restore) {
    const what = `${into.mode} ${into.service}`
    throw new AppError('unsupported', `there is no restore of ${what} instances`)
  }
  const bytes = backup.content?.bytes ?? 0
  return service.restore(withoutManifest(targets.of(backup).files(pathOf(backup))), {
    bytes,
    ...work,
  })
}

async function check({ targets }: BackupServices, backup: Backup, work: Progress): Promise<void> {
  const files = targets.of(backup).files(pathOf(backup))
  let read = 0
  await checkFiles(files, await readManifest(files), (bytes) => {
    work.signal.throwIfAborted()
    read += bytes
    work.progress(read / Math.max(1, backup.sizeBytes))
  })
}

async function keepWhatIsThere(
  services: BackupServices,
  into: Instance,
  { result }: Task,
  work: TaskWork,
): Promise<void> {
  await work.step('backing up what is there', 0.2)
  const { safety } = result
  const known =
    typeof safety === 'string'
      ? await services.state.find(backupTable, { _id: new ObjectId(safety) })
      : undefined
  if (known?.state === 'complete') return
  const wish = { reason: 'before restore', keepDays: SAFETY_DAYS, ...SAFETY_FORM } as const
  const backup = known ?? (await recordBackup(services, into, wish))
  await work.step('backing up what is there', 0.2, { safety: backup.id })
  const progress = (done: number) => work.progress(0.2 + done * 0.2)
  await takeBackup(services, into, backup, SAFETY_FORM, { signal: work.signal, progress })
}

async function complete({ state }: BackupServices, id: string): Promise<Backup> {
  const backup = await state.find(backupTable, { _id: new ObjectId(id) })
  if (backup?.state === 'complete') return backup
  throw new AppError('not_found', 'the backup is gone')
}
