import { ObjectId } from '@gantry/bson'
import type { Instance } from '../instances/instances.js'
import { backupTable } from './backup.js'
import type { BackupServices } from './backup-services.js'
import { failBackup, recordBackup, takeBackup } from './take-backup.js'

const FORM = { layout: 'archive', gzip: true } as const

/**
 * Makes the last backup of an instance that is being deleted, to be kept for so many days.
 * An instance that does not start any more, or has none, goes without one.
 */
export async function finalBackup(
  services: BackupServices,
  instance: Instance,
  keepDays: number,
  signal: AbortSignal,
): Promise<void> {
  const { registry, state, log } = services
  if (keepDays === 0 || instance.mode === 'attached') return
  const service = await registry.service(instance).catch((error: unknown) => {
    log.warn({ err: error, instance: instance.name }, 'an instance goes without a last backup')
    return undefined
  })
  if (!service?.backup) return
  const ofInstance = { instance: new ObjectId(instance.id), reason: 'final' }
  const [earlier] = await state.list(backupTable, ofInstance)
  if (earlier?.state === 'complete') return
  const wish = { reason: 'final', keepDays, ...FORM } as const
  const backup = earlier ?? (await recordBackup(services, instance, wish))
  try {
    await takeBackup(services, instance, backup, FORM, { signal, progress() {} })
  } catch (error) {
    // One that is interrupted is gone on with, by the same record.
    if (signal.aborted) throw error
    // Whoever deletes an instance, perhaps for want of room, shall not be kept from it.
    log.error({ err: error, instance: instance.name }, 'an instance goes without a last backup')
    await failBackup(services, backup, error).catch(() => {})
  }
}
