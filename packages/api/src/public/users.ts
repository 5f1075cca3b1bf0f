import { publicEndpoint } from './endpoint.js'
import { optional, readOnly, required, text } from './fields.js'
import { roleAssignments } from './role-assignments.js'

const profile = {
  firstName: required(text),
  lastName: required(text),
  emailAddress: text,
  mobileNumber: text,
  country: text,
  roles: roleAssignments,
} as const

const ofServer = readOnly('id', 'links', 'teamIds')

const roleErrors = [
  'ROLE_NEEDS_GROUP_ID',
  'ROLE_NEEDS_ORG_ID',
  'ROLE_NEEDS_NO_GROUP_ID',
  'ROLE_NEEDS_NO_ORG_ID',
  'INVALID_ROLE_FOR_GROUP',
  'CANNOT_ADD_GLOBAL_ROLE',
] as const

export const createUser = publicEndpoint({
  method: 'POST',
  path: '/users',
  audit: ['USER_CREATED', 'JOINED_ORG', 'JOINED_GROUP', 'USER_ROLES_CHANGED_AUDIT'],
  summary: 'Makes a user, who is an account of API v2 as well.',
  who: {
    scope: 'special',
    who: 'GROUP_USER_ADMIN of every group and ORG_OWNER of every organization in roles',
  },
  body: { username: required(text), password: required(text), ...profile, ...ofServer },
  returns: 'entity',
  errors: [
    'USER_ALREADY_EXISTS',
    'INVALID_USERNAME',
    'INVALID_EMAIL_ADDRESS',
    'WEAK_PASSWORD',
    ...roleErrors,
  ],
})

const selfOrAdmin = {
  scope: 'special',
  who: 'the user itself, GLOBAL_OWNER, GROUP_USER_ADMIN of a common group',
} as const

export const getUser = publicEndpoint({
  method: 'GET',
  path: '/users/{userId}',
  summary: 'Answers a user.',
  who: selfOrAdmin,
  returns: 'entity',
  errors: ['USER_NOT_FOUND', 'NOT_USER_ADMIN'],
})

export const getUserByName = publicEndpoint({
  method: 'GET',
  path: '/users/byName/{username}',
  summary: 'Answers the user with a name.',
  who: selfOrAdmin,
  returns: 'entity',
  errors: ['USERNAME_NOT_FOUND', 'NOT_USER_ADMIN'],
})

export const updateUser = publicEndpoint({
  method: 'PATCH',
  path: '/users/{userId}',
  audit: [
    'USER_CHANGED',
    'USER_ROLES_CHANGED_AUDIT',
    'JOINED_ORG',
    'JOINED_GROUP',
    'REMOVED_FROM_ORG',
    'REMOVED_FROM_GROUP',
  ],
  summary: 'Changes a user; roles take the place of all that it had.',
  who: selfOrAdmin,
  body: { password: text, ...optional(profile), ...ofServer, ...readOnly('username') },
  returns: 'entity',
  errors: [
    'USER_NOT_FOUND',
    'NOT_USER_ADMIN',
    'INVALID_EMAIL_ADDRESS',
    'WEAK_PASSWORD',
    'CANNOT_DEMOTE_LAST_OWNER',
    ...roleErrors,
  ],
})

export const deleteUser = publicEndpoint({
  method: 'DELETE',
  path: '/users/{userId}',
  audit: ['USER_DELETED', 'REMOVED_FROM_ORG', 'REMOVED_FROM_GROUP'],
  summary: 'Deletes a user who has no instances.',
  who: { scope: 'global', roles: ['GLOBAL_OWNER'], refusal: 'NOT_GLOBAL_USER_ADMIN' },
  returns: 'nothing',
  errors: ['USER_NOT_FOUND', 'CANNOT_DELETE_LAST_OWNER', 'CANNOT_DELETE_USER_WITH_INSTANCES'],
})

export const createPersonalKey = publicEndpoint({
  method: 'POST',
  path: '/users/{userId}/apiKeys',
  audit: ['API_KEY_CREATED'],
  summary: "Makes a personal key: Digest with the user's name and it has the user's roles.",
  who: { scope: 'special', who: 'the user itself, GLOBAL_OWNER' },
  body: { desc: required(text), ...readOnly('id', 'links') },
  returns: 'entity',
  errors: ['USER_NOT_FOUND', 'NOT_SELF', 'INVALID_API_KEY_DESC'],
})

export const listPersonalKeys = publicEndpoint({
  method: 'GET',
  path: '/users/{userId}/apiKeys',
  summary: 'Lists the personal keys of a user.',
  who: { scope: 'special', who: 'the user itself, GLOBAL_OWNER' },
  returns: 'list',
  errors: ['USER_NOT_FOUND', 'NOT_SELF'],
})

export const getPersonalKey = publicEndpoint({
  method: 'GET',
  path: '/users/{userId}/apiKeys/{keyId}',
  summary: 'Answers a personal key of a user.',
  who: { scope: 'special', who: 'the user itself, GLOBAL_OWNER' },
  returns: 'entity',
  errors: ['USER_NOT_FOUND', 'NOT_SELF', 'API_KEY_NOT_FOUND'],
})

export const deletePersonalKey = publicEndpoint({
  method: 'DELETE',
  path: '/users/{userId}/apiKeys/{keyId}',
  audit: ['API_KEY_DELETED'],
  summary: 'Deletes a personal key of a user.',
  who: { scope: 'special', who: 'the user itself, GLOBAL_OWNER' },
  returns: 'nothing',
  errors: ['USER_NOT_FOUND', 'NOT_SELF', 'API_KEY_NOT_FOUND'],
})
