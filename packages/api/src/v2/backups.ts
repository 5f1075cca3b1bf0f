import { boolean, choice, integer, list, named, object, record, text } from '../schema.js'
import { v2Endpoint } from './endpoint.js'
import { task } from './tasks.js'
import { date, objectId } from './values.js'

const area = 'backups'

const aliased = (path: string) => `/v2/mongodb/{instance}/backups/${path}`

const backup = named(
  'Backup',
  object(
    {
      _id: objectId,
      instance_id: objectId,
      instance_name: text(),
      instance_type: text(),
      login: text(),
      port: integer(),
      backup_directory: text(),
      backup_host: text(),
      error_msg: text({ description: 'what came of it, a success too' }),
      filenames: record(text(), { description: 'by shard' }),
      timestamp: date,
      timestamp_formatted: text(),
      // What the original does not say of a backup:
      label: text(),
      state: choice(['running', 'complete', 'failed']),
      reason: text({ description: 'on demand, schedule, before restore or final' }),
      target: choice(['folder', 's3']),
      format: text(),
      consistency: text({ description: 'snapshot, oplog or parts' }),
      documents: integer(),
      size: integer({ description: 'bytes of all files' }),
    },
    {
      optional: {
        expires: date,
        verified: object({ date, ok: boolean(), message: text() }),
        task: text(),
      },
    },
  ),
)

export const listBackups = v2Endpoint({
  method: 'GET',
  path: '/v2/mongodb/{instance}/backups/',
  aliases: ['/v2/instances/{instance}/backups/'],
  summary: 'Answers the backups of the instance, newest first.',
  area,
  reply: list(backup),
})

export const listAllBackups = v2Endpoint({
  method: 'GET',
  path: '/v2/backups/',
  summary: 'Answers the backups of all instances, of those that were deleted too, newest first.',
  area,
  reply: list(backup),
  extension: true,
})

export const createBackup = v2Endpoint({
  method: 'POST',
  audit: 'SNAPSHOT_STARTED',
  path: '/v2/instances/{instance}/backups/',
  aliases: [aliased('')],
  summary: 'Begins a backup, and answers it with the task that makes it.',
  area,
  body: object(
    {},
    {
      optional: {
        layout: choice(['archive', 'directory']),
        gzip: boolean(),
        keep_days: integer({ minimum: 1, maximum: 3650 }),
      },
    },
  ),
  reply: backup,
  extension: true,
})

const schedule = {
  enabled: boolean(),
  every_hours: integer({ minimum: 1, maximum: 744 }),
  at: text({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'time of the day in UTC' }),
  keep_days: integer({ minimum: 1, maximum: 3650 }),
  layout: choice(['archive', 'directory']),
  gzip: boolean(),
}
const scheduleReply = named('BackupSchedule', object(schedule, { optional: { next: date } }))

export const getBackupSchedule = v2Endpoint({
  method: 'GET',
  path: '/v2/instances/{instance}/backup_schedule/',
  summary: 'Answers when the instance is backed up.',
  area,
  reply: scheduleReply,
  extension: true,
})

export const setBackupSchedule = v2Endpoint({
  method: 'PUT',
  audit: 'SNAPSHOT_SCHEDULE_UPDATED_AUDIT',
  path: '/v2/instances/{instance}/backup_schedule/',
  summary: 'Changes when the instance is backed up; what is not given stays.',
  area,
  body: object({}, { optional: schedule }),
  reply: scheduleReply,
  extension: true,
})

export const getBackup = v2Endpoint({
  method: 'GET',
  path: '/v2/instances/{instance}/backups/{backup}/',
  aliases: [aliased('{backup}/')],
  summary: 'Answers a backup by its id or label.',
  area,
  reply: backup,
  extension: true,
})

export const deleteBackup = v2Endpoint({
  method: 'DELETE',
  audit: 'SNAPSHOT_DELETED',
  path: '/v2/instances/{instance}/backups/{backup}/',
  aliases: [aliased('{backup}/')],
  summary: 'Deletes a backup with its files.',
  area,
  reply: task,
  extension: true,
})

export const verifyBackup = v2Endpoint({
  method: 'POST',
  audit: { none: 'it reads a backup and says how it is' },
  path: '/v2/instances/{instance}/backups/{backup}/verify/',
  aliases: [aliased('{backup}/verify/')],
  summary: 'Begins to restore a backup elsewhere and to compare it with what it was made of.',
  area,
  reply: task,
  extension: true,
})

export const restoreBackup = v2Endpoint({
  method: 'POST',
  audit: 'RESTORE_REQUESTED_AUDIT',
  path: '/v2/instances/{instance}/backups/{backup}/restore/',
  aliases: [aliased('{backup}/restore/')],
  summary:
    'Begins to replace everything in the instance, or in another or a new one, by what a backup holds.',
  area,
  body: object(
    {},
    {
      optional: {
        into: text({ description: 'name of another instance' }),
        new: boolean({ description: 'makes that instance first' }),
        users: boolean(),
        safety: boolean({ description: 'whether what is there is backed up before' }),
      },
    },
  ),
  reply: task,
  extension: true,
})
