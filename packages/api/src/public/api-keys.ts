import { inGroup, inOrg, publicEndpoint } from './endpoint.js'
import { readOnly, required, text, texts } from './fields.js'

const ofServer = readOnly('id', 'links', 'privateKey', 'publicKey')

const orgOwner = { scope: 'org', roles: ['ORG_OWNER'], refusal: 'NOT_API_KEY_ADMIN' } as const

const keyErrors = ['MISSING_API_KEY_ROLES', 'INVALID_API_KEY_DESC'] as const

export const listOrgKeys = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/apiKeys',
  summary: 'Lists the keys of an organization.',
  who: inOrg(),
  returns: 'list',
})

export const createOrgKey = publicEndpoint({
  method: 'POST',
  path: '/orgs/{orgId}/apiKeys',
  audit: ['API_KEY_CREATED'],
  summary: 'Makes a key; this answer alone has its private half.',
  who: orgOwner,
  body: { desc: required(text), roles: required(texts), ...ofServer },
  returns: 'entity',
  errors: [...keyErrors, 'INVALID_ROLE_FOR_ORG', 'MAX_API_KEYS_PER_ORG_EXCEEDED'],
})

export const getOrgKey = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/apiKeys/{keyId}',
  summary: 'Answers a key of an organization.',
  who: inOrg(),
  returns: 'entity',
  errors: ['API_KEY_NOT_FOUND'],
})

export const updateOrgKey = publicEndpoint({
  method: 'PATCH',
  path: '/orgs/{orgId}/apiKeys/{keyId}',
  audit: ['API_KEY_CHANGED'],
  summary: "Changes a key's description or its roles in the organization.",
  who: orgOwner,
  body: { desc: text, roles: texts, ...ofServer },
  returns: 'entity',
  errors: ['API_KEY_NOT_FOUND', ...keyErrors, 'INVALID_ROLE_FOR_ORG'],
})

export const deleteOrgKey = publicEndpoint({
  method: 'DELETE',
  path: '/orgs/{orgId}/apiKeys/{keyId}',
  audit: ['API_KEY_DELETED'],
  summary: 'Deletes a key.',
  who: orgOwner,
  returns: 'nothing',
  errors: ['API_KEY_NOT_FOUND'],
})

const userAdmin = {
  scope: 'group',
  roles: ['GROUP_USER_ADMIN'],
  refusal: 'NOT_GROUP_USER_ADMIN',
} as const

export const listGroupKeys = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/apiKeys',
  summary: 'Lists the keys with roles in a group.',
  who: inGroup(),
  returns: 'list',
})

export const createGroupKey = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/apiKeys',
  audit: ['API_KEY_CREATED'],
  summary: 'Makes a key with roles in a group; this answer alone has its private half.',
  who: userAdmin,
  body: { desc: required(text), roles: required(texts), ...ofServer },
  returns: 'entity',
  errors: [...keyErrors, 'INVALID_ROLE_FOR_GROUP', 'MAX_API_KEYS_PER_ORG_EXCEEDED'],
})

export const updateGroupKey = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/apiKeys/{keyId}',
  audit: ['API_KEY_CHANGED'],
  summary: "Gives a key of the group's organization these roles in the group.",
  who: userAdmin,
  body: { roles: required(texts), ...ofServer, ...readOnly('desc') },
  returns: 'entity',
  errors: ['API_KEY_NOT_FOUND', 'MISSING_API_KEY_ROLES', 'INVALID_ROLE_FOR_GROUP'],
})

export const removeGroupKey = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}/apiKeys/{keyId}',
  audit: ['API_KEY_CHANGED'],
  summary: "Takes a key's roles in a group from it.",
  who: userAdmin,
  returns: 'nothing',
  errors: ['API_KEY_NOT_FOUND'],
})
