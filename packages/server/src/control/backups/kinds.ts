/** What the tasks are called that have to do with backups. */
export const BACKUP = 'backup'
export const VERIFY = 'backup.verify'
export const RESTORE = 'backup.restore'
export const REMOVE = 'backup.remove'
