import { caller, inGroup, publicEndpoint } from './endpoint.js'
import { readOnly, required, text, volatile } from './fields.js'

export const listClusters = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/clusters',
  summary: 'Lists the replica sets and sharded clusters of a group, and the parts of these.',
  who: inGroup(),
  query: { name: { type: 'string' } },
  returns: 'list',
})

export const getCluster = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/clusters/{clusterId}',
  summary: 'Answers a cluster.',
  who: inGroup(),
  returns: 'entity',
  errors: ['CLUSTER_NOT_FOUND'],
})

export const updateCluster = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/clusters/{clusterId}',
  audit: ['CLUSTER_RENAMED'],
  summary: 'Renames a sharded cluster.',
  who: inGroup('GROUP_MONITORING_ADMIN'),
  body: {
    clusterName: required(text),
    ...readOnly('groupId', 'id', 'links', 'replicaSetName', 'shardName', 'typeName'),
    ...volatile('lastHeartbeat'),
  },
  returns: 'entity',
  errors: ['CLUSTER_NOT_FOUND', 'NOT_SHARDED'],
})

export const listAllClusters = publicEndpoint({
  method: 'GET',
  path: '/clusters',
  summary: 'Lists the clusters of all groups that the caller can see, group by group.',
  who: caller,
  returns: 'list',
})
