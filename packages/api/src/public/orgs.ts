import { caller, inOrg, publicEndpoint } from './endpoint.js'
import { readOnly, required, text } from './fields.js'
import { roleAssignments } from './role-assignments.js'

const orgFields = {
  name: required(text),
  ...readOnly('id', 'isDeleted', 'links'),
} as const

export const listOrgs = publicEndpoint({
  method: 'GET',
  path: '/orgs',
  summary: 'Lists the organizations that the caller can see.',
  who: caller,
  query: { name: { type: 'string' }, includeDeletedOrgs: { type: 'boolean' } },
  returns: 'list',
})

export const createOrg = publicEndpoint({
  method: 'POST',
  path: '/orgs',
  audit: ['ORG_CREATED'],
  summary: 'Makes an organization, which its maker owns.',
  who: { scope: 'special', who: 'users with GLOBAL_OWNER; keys with it if a setting says so' },
  body: orgFields,
  returns: 'entity',
  errors: ['API_KEY_CANNOT_CREATE_ORG', 'INVALID_ORG_NAME'],
})

export const getOrg = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}',
  summary: 'Answers an organization.',
  who: inOrg(),
  returns: 'entity',
})

export const updateOrg = publicEndpoint({
  method: 'PATCH',
  path: '/orgs/{orgId}',
  audit: 'ORG_RENAMED',
  summary: 'Renames an organization.',
  who: { scope: 'org', roles: ['ORG_OWNER'], refusal: 'NOT_ORG_OWNER' },
  body: orgFields,
  returns: 'entity',
  errors: ['INVALID_ORG_NAME'],
})

export const deleteOrg = publicEndpoint({
  method: 'DELETE',
  path: '/orgs/{orgId}',
  audit: ['ORG_DELETED'],
  summary: 'Deletes an organization that has no groups.',
  who: { scope: 'org', roles: ['ORG_OWNER'], refusal: 'NOT_ORG_OWNER' },
  returns: 'nothing',
  errors: ['ORG_NOT_EMPTY'],
})

export const listOrgGroups = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/groups',
  summary: 'Lists the groups of an organization that the caller can see.',
  who: inOrg(),
  query: { name: { type: 'string' } },
  returns: 'list',
})

export const listOrgUsers = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/users',
  summary: 'Lists the users of an organization.',
  who: inOrg(),
  returns: 'list',
})

export const removeOrgUser = publicEndpoint({
  method: 'DELETE',
  path: '/orgs/{orgId}/users/{userId}',
  audit: ['REMOVED_FROM_ORG', 'REMOVED_FROM_GROUP'],
  summary: 'Takes a user out of an organization and its groups.',
  who: { scope: 'org', roles: ['ORG_OWNER'], refusal: 'NOT_ORG_OWNER' },
  returns: 'nothing',
  errors: ['USER_NOT_IN_ORG', 'CANNOT_DELETE_LAST_OWNER'],
})

export const setOrgUserRoles = publicEndpoint({
  method: 'PUT',
  path: '/orgs/{orgId}/users/{userId}/roles',
  audit: ['JOINED_ORG', 'USER_ROLES_CHANGED_AUDIT', 'REMOVED_FROM_ORG'],
  summary: "Replaces a user's roles in an organization.",
  who: { scope: 'org', roles: ['ORG_OWNER'], refusal: 'NOT_ORG_OWNER' },
  items: roleAssignments.items,
  returns: 'entity',
  errors: ['USER_NOT_IN_ORG', 'INVALID_ROLE_FOR_ORG', 'CANNOT_DEMOTE_LAST_ORG_OWNER'],
})
