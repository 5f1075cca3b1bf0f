import { inOrg, publicEndpoint } from './endpoint.js'
import { readOnly, text, volatile } from './fields.js'

const entry = {
  type: 'object',
  fields: {
    ipAddress: text,
    cidrBlock: text,
    comment: text,
    ...readOnly('created', 'links'),
    ...volatile('count', 'lastUsed', 'lastUsedAddress'),
  },
} as const

const self = { scope: 'special', who: 'the user itself' } as const

const addErrors = [
  'MISSING_ONE_OF_ATTRIBUTES',
  'INVALID_IP_ADDRESS_OR_CIDR_NOTATION',
  'DUPLICATE_ADDRESSES_IN_INPUT',
  'BAD_ACCESS_LIST_ADD_REQUEST',
] as const

export const listUserAccess = publicEndpoint({
  method: 'GET',
  path: '/users/{userId}/accessList',
  summary: 'Lists from where a user may call.',
  who: self,
  returns: 'list',
  errors: ['USER_NOT_FOUND', 'NOT_SELF'],
})

export const addUserAccess = publicEndpoint({
  method: 'POST',
  path: '/users/{userId}/accessList',
  audit: ['API_KEY_ACCESS_LIST_ENTRY_ADDED'],
  summary: 'Adds addresses from where a user may call; those that are there are skipped.',
  who: self,
  accessList: true,
  items: entry,
  returns: 'list',
  errors: ['USER_NOT_FOUND', 'NOT_SELF', ...addErrors],
})

export const getUserAccess = publicEndpoint({
  method: 'GET',
  path: '/users/{userId}/accessList/{address}',
  summary: "Answers an entry of a user's access list.",
  who: self,
  returns: 'entity',
  errors: ['USER_NOT_FOUND', 'NOT_SELF', 'ACCESS_LIST_NOT_FOUND'],
})

export const deleteUserAccess = publicEndpoint({
  method: 'DELETE',
  path: '/users/{userId}/accessList/{address}',
  audit: ['API_KEY_ACCESS_LIST_ENTRY_DELETED'],
  summary: "Deletes an entry of a user's access list.",
  who: self,
  accessList: true,
  returns: 'nothing',
  errors: [
    'USER_NOT_FOUND',
    'NOT_SELF',
    'ACCESS_LIST_NOT_FOUND',
    'CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST',
  ],
})

const orgOwner = { scope: 'org', roles: ['ORG_OWNER'], refusal: 'NOT_API_KEY_ADMIN' } as const

export const listKeyAccess = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/apiKeys/{keyId}/accessList',
  summary: 'Lists from where a key may be used.',
  who: inOrg(),
  returns: 'list',
  errors: ['API_KEY_NOT_FOUND'],
})

export const addKeyAccess = publicEndpoint({
  method: 'POST',
  path: '/orgs/{orgId}/apiKeys/{keyId}/accessList',
  audit: ['API_KEY_ACCESS_LIST_ENTRY_ADDED'],
  summary: 'Adds addresses from where a key may be used; those that are there are skipped.',
  who: orgOwner,
  items: entry,
  returns: 'list',
  errors: ['API_KEY_NOT_FOUND', ...addErrors],
})

export const getKeyAccess = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/apiKeys/{keyId}/accessList/{address}',
  summary: "Answers an entry of a key's access list.",
  who: inOrg(),
  returns: 'entity',
  errors: ['API_KEY_NOT_FOUND', 'API_KEY_ACCESS_LIST_NOT_FOUND'],
})

export const deleteKeyAccess = publicEndpoint({
  method: 'DELETE',
  path: '/orgs/{orgId}/apiKeys/{keyId}/accessList/{address}',
  audit: ['API_KEY_ACCESS_LIST_ENTRY_DELETED'],
  summary: "Deletes an entry of a key's access list.",
  who: orgOwner,
  returns: 'nothing',
  errors: [
    'API_KEY_NOT_FOUND',
    'API_KEY_ACCESS_LIST_NOT_FOUND',
    'CANNOT_REMOVE_CALLER_FROM_ACCESS_LIST',
  ],
})
