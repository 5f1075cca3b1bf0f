/**
 * Backups of instances, whichever service they are of.
 *
 * - A backup is a record in the state and files in a target. The record comes first and says
 *   `running`; it says `complete` only when every file and the manifest are on disk, so that
 *   half a backup is never taken for one, whenever the server is killed.
 * - All work is done by tasks, which go on after a restart: a backup begins anew under its
 *   name, a restore begins anew, and one that fails is undone by what was kept before it.
 */
import { ObjectId } from '@gantry/bson'
import type { FileSource } from '../../backups/files.js'
import { AppError } from '../../errors.js'
import type { Instance } from '../instances/instances.js'
import type { PlainFields } from '../state.js'
import type { Task } from '../tasks/task.js'
import { type Backup, backupTable, pathOf } from './backup.js'
import { type BackupSchedules, schedulesOf } from './backup-schedules.js'
import type { BackupServices } from './backup-services.js'
import { handleBackupTasks } from './backup-tasks.js'
import { finalBackup } from './final-backup.js'
import { BACKUP, REMOVE, RESTORE, VERIFY } from './kinds.js'
import { withoutManifest } from './manifest.js'
import { recordBackup } from './take-backup.js'
import { createUpkeep } from './upkeep.js'

export interface BackupOrder {
  readonly layout?: 'archive' | 'directory'
  readonly gzip?: boolean
  /** Days after which it may go; undefined: it stays until it is deleted. */
  readonly keepDays?: number
}

export interface RestoreOrder {
  /** Whether users and roles are restored, too. Default: true. */
  readonly users?: boolean
  /** Whether what is there is backed up before. Default: true. */
  readonly safety?: boolean
}

/** Work that was begun, with the backup that it is about. */
export interface BackupWork {
  readonly backup: Backup
  readonly task: Task
}

export interface Backups {
  /** Begins a backup; rejects with `conflict` while another or a restore is under way, with `unsupported` where there are none. */
  create(instance: Instance, order?: BackupOrder): Promise<BackupWork>
  /** Newest first. */
  list(instance: Instance): Promise<Backup[]>
  /** Of all instances of an account, those that were deleted included; newest first. */
  ofAccount(account: string): Promise<Backup[]>
  /** By id or, of an instance, by label; rejects with `not_found`, also for those of others. */
  get(instance: Pick<Instance, 'id' | 'account'>, name: string): Promise<Backup>
  /** Begins to delete a backup, which nobody sees any more. */
  remove(backup: Backup): Promise<Task>
  /** Begins to read a backup again and to compare it with what it was made of. */
  verify(backup: Backup): Promise<Task>
  /** Begins to replace everything in an instance by what a backup holds. */
  restore(backup: Backup, into: Instance, order?: RestoreOrder): Promise<Task>
  /** Says until when a backup is kept; undefined: until it is deleted. */
  keepUntil(backup: Backup, expiresMs: number | undefined): Promise<Backup>
  /** The files that a complete backup is made of. */
  files(backup: Backup): FileSource
  readonly schedules: BackupSchedules
  /** Makes the last backup of an instance that is being deleted; may be repeated. */
  keepFinal(instance: Instance, signal: AbortSignal): Promise<void>
  /** Forgets when an instance that is gone was to be backed up; its backups stay. */
  forget(instance: Pick<Instance, 'id'>): Promise<void>
  /** Sees to schedules, and to backups that are old, from now on and until `stop`. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Opens the domain; before the tasks are started, whose handlers it gives. */
export function openBackups(services: BackupServices): Backups {
  const { state, tasks, settings } = services
  const schedules = schedulesOf(services)
  const upkeep = createUpkeep(services, schedules)
  handleBackupTasks(services, () => upkeep.sweep())

  const newestFirst = { sort: { created: -1, _id: -1 } } as const
  const shown = { state: { $ne: 'deleting' } }

  return {
    schedules,
    async create(instance, order = {}) {
      await requireAbility(services, instance, 'backup')
      const { layout = 'archive', gzip = true, keepDays } = order
      const wish = { reason: 'on demand', layout, gzip, keepDays } as const
      const backup = await recordBackup(services, instance, wish)
      const args = { backup: backup.id, layout, gzip }
      try {
        return { task: await beginDataTask(services, BACKUP, instance, args), backup }
      } catch (error) {
        await state.delete(backupTable, new ObjectId(backup.id))
        throw error
      }
    },
    list: ({ id }) =>
      state.list(backupTable, { instance: new ObjectId(id), ...shown }, newestFirst),
    ofAccount: (account) =>
      state.list(backupTable, { account: new ObjectId(account), ...shown }, newestFirst),
    async get({ id, account }, name) {
      const filter = /^[0-9a-f]{24}$/.test(name)
        ? { _id: new ObjectId(name) }
        : { instance: new ObjectId(id), label: name }
      const owner = { account: new ObjectId(account) }
      const backup = await state.find(backupTable, { ...filter, ...owner, ...shown })
      if (backup) return backup
      throw new AppError('not_found', `no backup "${name}"`)
    },
    async remove(backup) {
      if (backup.state === 'running') throw busy(backup)
      await state.save(backupTable, { ...backup, state: 'deleting' })
      const exclusive = `${REMOVE} ${backup.id}`
      const task = { kind: REMOVE, ...whereItIs(backup), exclusive }
      return tasks.create({ ...task, args: { backup: backup.id } })
    },
    async verify(backup) {
      requireComplete(backup)
      const exclusive = `${VERIFY} ${backup.id}`
      const task = { kind: VERIFY, ...whereItIs(backup), exclusive }
      return tasks.create({ ...task, args: { backup: backup.id } }).catch(rejectBusy)
    },
    async restore(backup, into, { users = true, safety = true } = {}) {
      requireComplete(backup)
      if (backup.service !== into.service) {
        const what = `a backup of ${backup.service} cannot be restored into ${into.service}`
        throw new AppError('invalid', what)
      }
      requireReach(backup, into)
      await requireAbility(services, into, 'restore')
      const args = { backup: backup.id, users, safety }
      return beginDataTask(services, RESTORE, into, args)
    },
    async keepUntil({ expiresMs: _before, ...backup }, expiresMs) {
      const kept = { ...backup, ...(expiresMs !== undefined && { expiresMs }) }
      await state.save(backupTable, kept)
      return kept
    },
    files(backup) {
      requireComplete(backup)
      return withoutManifest(services.targets.of(backup).files(pathOf(backup)))
    },
    keepFinal: (instance, signal) => finalBackup(services, instance, settings.finalDays, signal),
    forget: ({ id }) => schedules.forget(id),
    start: upkeep.start,
    stop: upkeep.stop,
  }
}

/**
 * Begins work on an instance's data, which is done by one task at a time. One whose backup is
 * complete, as everybody can see, is at its very end and waited for.
 */
async function beginDataTask(
  services: BackupServices,
  kind: string,
  { id, account, home }: Instance,
  args: PlainFields,
): Promise<Task> {
  const { tasks } = services
  const exclusive = `data of ${id}`
  const where = { instance: id, account, exclusive, ...(home !== undefined && { home }) }
  const create = () => tasks.create({ kind, ...where, args })
  try {
    return await create()
  } catch (error) {
    if (!isConflict(error)) throw error
    const [holder] = await tasks.list({ exclusive }, 1)
    // Without a holder it has come to its end since.
    if (holder && !(await hasMadeItsBackup(services, holder))) throw asBusy(error)
    if (holder) await tasks.finished(holder.id)
    return create().catch(rejectBusy)
  }
}

async function hasMadeItsBackup({ state }: BackupServices, task: Task): Promise<boolean> {
  const id = task.args.backup ?? task.result.backup
  if (task.kind !== BACKUP || typeof id !== 'string') return false
  const backup = await state.find(backupTable, { _id: new ObjectId(id) })
  return backup?.state === 'complete'
}

function whereItIs({ account, home }: Backup) {
  return { account, ...(home !== undefined && { home }) }
}

async function requireAbility(
  { registry }: BackupServices,
  instance: Instance,
  what: 'backup' | 'restore',
): Promise<void> {
  if (!registry.isHere(instance)) return
  const service = await registry.service(instance)
  if (service[what]) return
  const kind = `${instance.mode} ${instance.service}`
  throw new AppError('unsupported', `there is no ${what} of ${kind} instances`)
}

function requireComplete({ state, label, error }: Backup): void {
  if (state === 'complete') return
  const why = state === 'failed' ? `it failed: ${error}` : 'it is still being made'
  throw new AppError('conflict', `backup ${label} cannot be used, as ${why}`)
}

/** A folder is on one machine, and an instance may be on another. */
function requireReach({ home, host }: Backup, into: Instance): void {
  if (home === undefined || into.home === undefined || home === into.home) return
  const message = `the backup is on ${host}, and instance "${into.name}" runs on another server`
  throw new AppError('unavailable', message)
}

function busy({ label }: Backup): AppError {
  return new AppError('conflict', `backup ${label} is still being made; cancel its task first`)
}

function rejectBusy(error: unknown): never {
  throw asBusy(error)
}

function isConflict(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'conflict'
}

function asBusy(error: unknown): unknown {
  if (!isConflict(error)) return error
  return new AppError('conflict', 'a backup, a restore or a verification of it is under way')
}
