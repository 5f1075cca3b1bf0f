import { AppError } from '../errors.js'
import type { BackupTarget } from './target.js'

/** The places that backups are in; which one new ones are put into is a matter of settings. */
export interface BackupTargets {
  /** Where new ones go. */
  readonly current: BackupTarget
  /** Where a backup is; throws `unavailable` when this server is no longer told of the place. */
  of(backup: { readonly target: BackupTarget['kind'] }): BackupTarget
}

/** The first of some places is for new backups; what is in the others can still be read and removed. */
export function backupTargets(current: BackupTarget, ...others: BackupTarget[]): BackupTargets {
  return {
    current,
    of({ target: kind }) {
      const found = [current, ...others].find((target) => target.kind === kind)
      if (found) return found
      const what = 'the backup is in a bucket, and this server is not given one (backup-s3-bucket)'
      throw new AppError('unavailable', what)
    },
  }
}
