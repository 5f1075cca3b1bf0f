import { everybody, inGroup, publicEndpoint } from './endpoint.js'
import { integer, number, readOnly, required, text } from './fields.js'

export const listRestoreJobs = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/clusters/{clusterId}/restoreJobs',
  summary: 'Lists the restores of snapshots of a cluster, newest first.',
  who: inGroup(),
  query: { batchId: { type: 'string' } },
  returns: 'list',
  errors: ['CLUSTER_NOT_FOUND'],
})

export const createRestoreJob = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/clusters/{clusterId}/restoreJobs',
  audit: ['RESTORE_REQUESTED_AUDIT'],
  summary: 'Restores a snapshot into a cluster, or gives links to its files.',
  who: inGroup('GROUP_BACKUP_ADMIN'),
  body: {
    snapshotId: text,
    checkpointId: text,
    checkPointId: text,
    pointInTimeUTCMillis: number,
    oplogTs: { type: 'any' },
    oplogInc: integer,
    delivery: required({
      type: 'object',
      fields: {
        methodName: required(text),
        expirationHours: { type: 'integer', least: 1 },
        maxDownloads: { type: 'integer', least: 1 },
        targetGroupId: text,
        targetClusterId: text,
        ...readOnly('expires', 'statusName', 'targetClusterName', 'url'),
      },
    }),
    ...readOnly('clusterId', 'groupId', 'links'),
  },
  returns: 'list',
  status: 200,
  errors: [
    'CLUSTER_NOT_FOUND',
    'SNAPSHOT_NOT_FOUND',
    'CHECKPOINT_NOT_FOUND',
    'MISSING_ONE_OF_ATTRIBUTES',
    'UNSUPPORTED_DELIVERY_METHOD',
    'INVALID_PIT_RESTORE_TIME',
    'EXPIRATION_DATE_TOO_DISTANT',
    'CANNOT_START_RESTORE_JOB_FOR_INCOMPLETE_CLUSTER_SNAPSHOT',
    'LINK_EXPIRATION_AFTER_SNAPSHOT_DELETION',
    'CANNOT_START_BACKUP_INVALID_STATE',
  ],
})

export const getRestoreJob = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/clusters/{clusterId}/restoreJobs/{jobId}',
  summary: 'Answers a restore.',
  who: inGroup(),
  returns: 'entity',
  errors: ['CLUSTER_NOT_FOUND', 'RESTORE_JOB_NOT_FOUND'],
})

export const downloadRestore = publicEndpoint({
  method: 'GET',
  path: '/restoreDownloads/{token}',
  summary: 'Gives a file of a snapshot to whoever has the link, until it expires or is used up.',
  who: everybody,
  returns: 'bytes',
  linked: false,
  errors: ['RESTORE_JOB_NOT_FOUND'],
})
