import { inGroup, publicEndpoint } from './endpoint.js'
import { date, flag, integer, oneOf, readOnly, text, texts } from './fields.js'

const backupAdmin = inGroup('GROUP_BACKUP_ADMIN')

export const listBackupConfigs = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/backupConfigs',
  summary: 'Lists whether the clusters of a group are backed up.',
  who: inGroup(),
  returns: 'list',
})

export const getBackupConfig = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/backupConfigs/{clusterId}',
  summary: 'Answers whether a cluster is backed up.',
  who: inGroup(),
  returns: 'entity',
  errors: ['CLUSTER_NOT_FOUND', 'BACKUP_CONFIG_NOT_FOUND'],
})

export const updateBackupConfig = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/backupConfigs/{clusterId}',
  audit: ['BACKUP_CONFIG_UPDATED_AUDIT'],
  summary: 'Starts the backups of a cluster, stops them, or terminates them, which deletes all.',
  who: backupAdmin,
  accessList: true,
  body: {
    statusName: oneOf('STARTED', 'STOPPED', 'TERMINATING', 'INACTIVE', 'PROVISIONING'),
    storageEngineName: oneOf('WIRED_TIGER', 'MEMORY_MAPPED'),
    syncSource: text,
    authMechanismName: text,
    username: text,
    password: text,
    sslEnabled: flag,
    excludedNamespaces: texts,
    includedNamespaces: texts,
    encryptionEnabled: flag,
    provisioned: flag,
    ...readOnly('clusterId', 'groupId', 'links'),
  },
  returns: 'entity',
  errors: [
    'CLUSTER_NOT_FOUND',
    'BACKUP_CONFIG_NOT_FOUND',
    'CANNOT_STOP_BACKUP_INVALID_STATE',
    'CANNOT_TERMINATE_BACKUP_INVALID_STATE',
    'CANNOT_MODIFY_SHARD_BACKUP_CONFIG',
    'CANNOT_SET_BACKUP_AUTH_FOR_MANAGED_CLUSTER',
    'UNSUPPORTED_SET_BACKUP_STATE',
    'UNSUPPORTED_FOR_CURRENT_CONFIG',
    'INVALID_FILTERLIST',
  ],
})

export const getSnapshotSchedule = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/backupConfigs/{clusterId}/snapshotSchedule',
  summary: 'Answers when snapshots of a cluster are taken, and how long they are kept.',
  who: inGroup(),
  returns: 'entity',
  errors: ['CLUSTER_NOT_FOUND', 'BACKUP_CONFIG_NOT_FOUND'],
})

export const updateSnapshotSchedule = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/backupConfigs/{clusterId}/snapshotSchedule',
  audit: ['SNAPSHOT_SCHEDULE_UPDATED_AUDIT'],
  summary: 'Changes when snapshots of a cluster are taken, and how long they are kept.',
  who: backupAdmin,
  body: {
    snapshotIntervalHours: integer,
    snapshotRetentionDays: integer,
    dailySnapshotRetentionDays: integer,
    weeklySnapshotRetentionWeeks: integer,
    monthlySnapshotRetentionMonths: integer,
    pointInTimeWindowHours: integer,
    clusterCheckpointIntervalMin: integer,
    referenceHourOfDay: integer,
    referenceMinuteOfHour: integer,
    referenceTimeZoneOffset: text,
    ...readOnly('clusterId', 'groupId', 'links'),
  },
  returns: 'entity',
  errors: [
    'CLUSTER_NOT_FOUND',
    'BACKUP_CONFIG_NOT_FOUND',
    'INVALID_SNAPSHOT_INTERVAL',
    'INVALID_SNAPSHOT_RETENTION_PERIOD',
    'INVALID_DAILY_SNAPSHOT_RETENTION_PERIOD',
    'INVALID_WEEKLY_SNAPSHOT_RETENTION_PERIOD',
    'INVALID_MONTHLY_SNAPSHOT_RETENTION_PERIOD',
    'INVALID_REFERENCE_HOUR_OF_DAY',
    'INVALID_REFERENCE_MINUTE_OF_HOUR',
    'INVALID_REFERENCE_TIMEZONE_OFFSET',
    'CANNOT_SET_CLUSTER_CHECKPOINT_INTERVAL_FOR_REPLICA_SET',
    'UNSUPPORTED_FOR_CURRENT_CONFIG',
  ],
})

export const listSnapshots = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/clusters/{clusterId}/snapshots',
  summary: 'Lists the snapshots of a cluster, newest first.',
  who: inGroup(),
  query: { completed: { type: 'string', values: ['true', 'false', 'all'] } },
  returns: 'list',
  errors: ['CLUSTER_NOT_FOUND'],
})

export const createSnapshot = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/clusters/{clusterId}/snapshots/onDemandSnapshot',
  audit: ['SNAPSHOT_STARTED'],
  summary: 'Begins to take a snapshot.',
  who: backupAdmin,
  query: { retentionDays: { type: 'integer' } },
  returns: 'entity',
  errors: ['CLUSTER_NOT_FOUND', 'BACKUP_CONFIG_NOT_FOUND', 'CANNOT_START_BACKUP_INVALID_STATE'],
})

export const getSnapshot = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/clusters/{clusterId}/snapshots/{snapshotId}',
  summary: 'Answers a snapshot.',
  who: inGroup(),
  returns: 'entity',
  errors: ['CLUSTER_NOT_FOUND', 'SNAPSHOT_NOT_FOUND'],
})

export const updateSnapshot = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/clusters/{clusterId}/snapshots/{snapshotId}',
  audit: ['SNAPSHOT_CHANGED'],
  summary: 'Changes how long a snapshot is kept.',
  who: backupAdmin,
  body: {
    doNotDelete: flag,
    expires: date,
    ...readOnly(
      'clusterId',
      'complete',
      'created',
      'groupId',
      'id',
      'isPossiblyInconsistent',
      'links',
      'parts',
    ),
  },
  returns: 'entity',
  errors: [
    'CLUSTER_NOT_FOUND',
    'SNAPSHOT_NOT_FOUND',
    'CANNOT_MODIFY_SNAPSHOT',
    'EXPIRATION_DATE_MUST_BE_IN_FUTURE',
    'MISSING_ONE_OF_ATTRIBUTES',
  ],
})

export const deleteSnapshot = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}/clusters/{clusterId}/snapshots/{snapshotId}',
  audit: ['SNAPSHOT_DELETED'],
  summary: 'Deletes a snapshot.',
  who: backupAdmin,
  returns: 'nothing',
  errors: ['CLUSTER_NOT_FOUND', 'SNAPSHOT_NOT_FOUND', 'CANNOT_MODIFY_SNAPSHOT'],
})

export const listCheckpoints = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/clusters/{clusterId}/checkpoints',
  summary: 'Lists the checkpoints of a cluster: there are none, as no snapshot needs them.',
  who: inGroup(),
  returns: 'list',
  errors: ['CLUSTER_NOT_FOUND'],
})

export const getCheckpoint = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/clusters/{clusterId}/checkpoints/{checkpointId}',
  summary: 'Answers a checkpoint.',
  who: inGroup(),
  returns: 'entity',
  errors: ['CLUSTER_NOT_FOUND', 'CHECKPOINT_NOT_FOUND'],
})
