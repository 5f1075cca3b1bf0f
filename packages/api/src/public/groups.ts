import { caller, inGroup, publicEndpoint } from './endpoint.js'
import { flag, readOnly, required, text, texts, volatile } from './fields.js'
import { roleAssignments } from './role-assignments.js'

const ofServer = {
  ...readOnly('id', 'links', 'agentApiKey', 'ldapGroupMappings', 'publicApiEnabled'),
  ...volatile('activeAgentCount', 'hostCounts', 'lastActiveAgent', 'replicaSetCount', 'shardCount'),
} as const

export const listGroups = publicEndpoint({
  method: 'GET',
  path: '/groups',
  summary: 'Lists the groups that the caller can see.',
  who: caller,
  query: { name: { type: 'string' }, tag: { type: 'string', many: true } },
  returns: 'list',
})

export const createGroup = publicEndpoint({
  method: 'POST',
  path: '/groups',
  audit: ['GROUP_CREATED', 'ORG_CREATED', 'JOINED_GROUP'],
  summary: 'Makes a group, which its maker owns.',
  who: { scope: 'special', who: 'ORG_OWNER, ORG_GROUP_CREATOR of the organization' },
  query: { projectOwnerId: { type: 'string' } },
  body: {
    name: required(text),
    orgId: text,
    tags: texts,
    withDefaultAlertsSettings: flag,
    ...ofServer,
  },
  returns: 'entity',
  errors: [
    'GROUP_ALREADY_EXISTS',
    'ORG_NOT_FOUND',
    'NOT_ORG_GROUP_CREATOR',
    'INVALID_GROUP_NAME',
    'INVALID_GROUP_TOKEN',
    'TOO_MANY_GROUP_TOKENS',
    'USER_NOT_FOUND',
  ],
})

export const getGroup = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}',
  summary: 'Answers a group.',
  who: inGroup(),
  returns: 'entity',
})

export const getGroupByName = publicEndpoint({
  method: 'GET',
  path: '/groups/byName/{name}',
  summary: 'Answers the group with a name.',
  who: { scope: 'special', who: 'GROUP_READ_ONLY of the group' },
  returns: 'entity',
  errors: ['GROUP_NAME_NOT_FOUND', 'MULTIPLE_GROUPS', 'NOT_IN_GROUP'],
})

export const getGroupByAgentApiKey = publicEndpoint({
  method: 'GET',
  path: '/groups/byAgentApiKey/{key}',
  summary: 'Answers the group that an agent API key belongs to.',
  who: { scope: 'special', who: 'GROUP_READ_ONLY of the group' },
  returns: 'entity',
  errors: ['GROUP_API_KEY_NOT_FOUND', 'NOT_IN_GROUP'],
})

export const updateGroup = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}',
  audit: 'GROUP_CHANGED',
  summary: 'Renames a group, or replaces its tags.',
  who: inGroup('GROUP_OWNER'),
  body: { name: text, tags: texts, ...ofServer, ...readOnly('orgId', 'withDefaultAlertsSettings') },
  returns: 'entity',
  errors: [
    'INVALID_GROUP_NAME',
    'INVALID_GROUP_TOKEN',
    'TOO_MANY_GROUP_TOKENS',
    'GROUP_ALREADY_EXISTS',
  ],
})

export const deleteGroup = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}',
  audit: ['GROUP_DELETED'],
  summary: 'Deletes a group; what it managed goes on running.',
  who: inGroup('GROUP_OWNER'),
  returns: 'nothing',
  errors: ['CANNOT_CLOSE_GROUP_ACTIVE_INSTANCES'],
})

export const listGroupUsers = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/users',
  summary: 'Lists the users of a group.',
  who: inGroup(),
  query: { flattenTeams: { type: 'boolean' }, includeOrgUsers: { type: 'boolean' } },
  returns: 'list',
})

const userAdmin = {
  scope: 'group',
  roles: ['GROUP_USER_ADMIN'],
  refusal: 'NOT_GROUP_USER_ADMIN',
} as const

export const addGroupUsers = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/users',
  audit: ['JOINED_GROUP', 'USER_ROLES_CHANGED_AUDIT'],
  summary: 'Gives users roles in a group, in place of those that they had in it.',
  who: userAdmin,
  items: {
    type: 'object',
    fields: { id: required(text), roles: required(roleAssignments) },
  },
  returns: 'list',
  status: 200,
  errors: ['USER_NOT_FOUND', 'INVALID_ROLE_FOR_GROUP', 'CANNOT_DEMOTE_LAST_OWNER'],
})

export const setGroupUserRoles = publicEndpoint({
  method: 'PUT',
  path: '/groups/{groupId}/users/{userId}/roles',
  audit: ['USER_ROLES_CHANGED_AUDIT', 'REMOVED_FROM_GROUP'],
  summary: "Replaces a user's roles in a group.",
  who: userAdmin,
  items: roleAssignments.items,
  returns: 'entity',
  errors: ['USER_NOT_IN_GROUP', 'INVALID_ROLE_FOR_GROUP', 'CANNOT_DEMOTE_LAST_OWNER'],
})

export const removeGroupUser = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}/users/{userId}',
  audit: ['REMOVED_FROM_GROUP'],
  summary: 'Takes a user out of a group.',
  who: userAdmin,
  returns: 'nothing',
  errors: ['USER_NOT_IN_GROUP', 'CANNOT_DELETE_LAST_OWNER'],
})
