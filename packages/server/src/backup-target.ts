import { join, resolve } from 'node:path'
import { folderTarget } from './backups/folder-target.js'
import type { BackupTarget } from './backups/target.js'
import type { Config } from './config.js'

/** Where the configuration says that backups are kept. */
export function backupTarget({ backupTarget }: Config, dataDir: string): BackupTarget {
  return folderTarget(backupTarget === undefined ? join(dataDir, 'backups') : resolve(backupTarget))
}
