import { inGroup, publicEndpoint } from './endpoint.js'
import { date, flag, integer, readOnly, required, text, texts, volatile } from './fields.js'

const admins = inGroup('GROUP_AUTOMATION_ADMIN', 'GROUP_MONITORING_ADMIN')
const jobPath = '/groups/{groupId}/logCollectionJobs/{logCollectionJobId}'
const verbose = { verbose: { type: 'boolean' } } as const
const notFound = 'LOG_COLLECTION_JOB_NOT_FOUND_IN_GROUP'

export const createLogCollectionJob = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/logCollectionJobs',
  audit: 'LOG_COLLECTION_REQUESTED_AUDIT',
  summary: 'Begins to collect logs of a process, a replica set or a cluster into one archive.',
  who: admins,
  body: {
    resourceType: required({
      type: 'string',
      values: ['CLUSTER', 'PROCESS', 'REPLICASET'],
      anyCase: true,
    }),
    resourceName: required(text),
    sizeRequestedPerFileBytes: required(integer),
    logTypes: required(texts),
    redacted: required(flag),
    // A date of ISO 8601, or seconds or milliseconds since 1970.
    logCollectionFromDate: { type: 'any' },
    logCollectionToDate: { type: 'any' },
    ...readOnly('id', 'links'),
  },
  returns: 'entity',
  errors: [
    'INVALID_LOG_REQUEST_SIZE',
    'INVALID_LOG_REQUEST_TYPES',
    'RESOURCE_NOT_FOUND_FOR_JOB',
    'INVALID_DATE_RANGE',
    'INVALID_DATE_FORMAT',
  ],
})

export const listLogCollectionJobs = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/logCollectionJobs',
  summary: 'Lists the logs of a group that have been collected, the newest first.',
  who: inGroup(),
  query: verbose,
  returns: 'list',
})

export const getLogCollectionJob = publicEndpoint({
  method: 'GET',
  path: jobPath,
  summary: 'Answers how far the collection of logs is; with verbose=true for each log.',
  who: inGroup(),
  query: verbose,
  returns: 'entity',
  errors: [notFound],
})

export const updateLogCollectionJob = publicEndpoint({
  method: 'PATCH',
  path: jobPath,
  audit: 'LOG_COLLECTION_CHANGED_AUDIT',
  summary: 'Changes until when collected logs are kept, at most six months.',
  who: admins,
  body: {
    expirationDate: required(date),
    ...readOnly('id', 'links', 'groupId', 'userId', 'creationDate', 'logTypes', 'redacted'),
    ...readOnly('resourceName', 'resourceType', 'rootResourceName', 'rootResourceType'),
    ...readOnly('sizeRequestedPerFileBytes', 'logCollectionFromDate', 'logCollectionToDate'),
    ...volatile('childJobs', 'downloadUrl', 'status', 'uncompressedSizeTotalBytes'),
  },
  returns: 'entity',
  errors: [
    notFound,
    'EXPIRATION_DATE_MUST_BE_IN_FUTURE',
    'EXPIRATION_DATE_TOO_DISTANT',
    'CANNOT_EXTEND_EXPIRED_JOB',
  ],
})

export const retryLogCollectionJob = publicEndpoint({
  method: 'PUT',
  path: `${jobPath}/retry`,
  audit: 'LOG_COLLECTION_REQUESTED_AUDIT',
  summary: 'Begins anew with a collection that has failed.',
  who: admins,
  returns: 'nothing',
  errors: [notFound, 'ONLY_FAILED_JOB_CAN_BE_RESTARTED'],
})

export const deleteLogCollectionJob = publicEndpoint({
  method: 'DELETE',
  path: jobPath,
  audit: 'LOG_COLLECTION_DELETED_AUDIT',
  summary: 'Deletes collected logs.',
  who: admins,
  returns: 'nothing',
  errors: [notFound],
})

export const downloadLogs = publicEndpoint({
  method: 'GET',
  path: `${jobPath}/download`,
  summary: 'Gives the collected logs, a .tar.gz.',
  who: admins,
  returns: 'bytes',
  // Only while there is something; the job says when.
  linked: false,
  errors: [notFound, 'CANNOT_DOWNLOAD_JOB_IN_PROGRESS', 'CANNOT_DOWNLOAD_EXPIRED_JOB'],
})
