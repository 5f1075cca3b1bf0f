import { everybody, publicEndpoint } from './endpoint.js'
import { readOnly, required, text, texts } from './fields.js'

const orgAdmin = { scope: 'org', roles: ['ORG_OWNER'], refusal: 'NOT_ORG_USER_ADMIN' } as const
const groupAdmin = {
  scope: 'group',
  roles: ['GROUP_USER_ADMIN'],
  refusal: 'NOT_GROUP_USER_ADMIN',
} as const

const ofServer = readOnly(
  'id',
  'links',
  'createdAt',
  'expiresAt',
  'inviterUsername',
  'orgId',
  'orgName',
  'groupId',
  'groupName',
  'acceptToken',
)

const username = { username: { type: 'string' } } as const
const intoOrg = { roles: required(texts), teamIds: texts } as const
const intoGroup = { roles: required(texts) } as const

const orgErrors = ['INVALID_ROLE_FOR_ORG', 'TEAM_NOT_FOUND'] as const
const newErrors = ['INVALID_USERNAME', 'INVITATION_ALREADY_EXISTS'] as const

export const listOrgInvitations = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/invites',
  summary: 'Lists the invitations into an organization that nobody has accepted yet.',
  who: orgAdmin,
  query: username,
  returns: 'array',
})

export const createOrgInvitation = publicEndpoint({
  method: 'POST',
  path: '/orgs/{orgId}/invites',
  audit: ['INVITED_TO_ORG'],
  summary:
    'Invites somebody into an organization; this answer alone has the token to accept it with.',
  who: orgAdmin,
  body: { username: required(text), ...intoOrg, ...ofServer },
  returns: 'entity',
  errors: [...newErrors, ...orgErrors, 'USER_ALREADY_IN_ORG'],
})

export const updateOrgInvitationByName = publicEndpoint({
  method: 'PATCH',
  path: '/orgs/{orgId}/invites',
  audit: ['ORG_INVITATION_CHANGED'],
  summary: 'Changes the invitation of the user with a name.',
  who: orgAdmin,
  body: { username: required(text), ...intoOrg, ...ofServer },
  returns: 'entity',
  errors: ['INVITATION_NOT_FOUND', ...orgErrors],
})

export const getOrgInvitation = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/invites/{invitationId}',
  summary: 'Answers an invitation into an organization.',
  who: orgAdmin,
  returns: 'entity',
  errors: ['INVITATION_NOT_FOUND'],
})

export const updateOrgInvitation = publicEndpoint({
  method: 'PATCH',
  path: '/orgs/{orgId}/invites/{invitationId}',
  audit: ['ORG_INVITATION_CHANGED'],
  summary: 'Changes an invitation into an organization.',
  who: orgAdmin,
  body: { ...intoOrg, ...ofServer, ...readOnly('username') },
  returns: 'entity',
  errors: ['INVITATION_NOT_FOUND', ...orgErrors],
})

export const deleteOrgInvitation = publicEndpoint({
  method: 'DELETE',
  path: '/orgs/{orgId}/invites/{invitationId}',
  audit: ['ORG_INVITATION_DELETED'],
  summary: 'Takes back an invitation into an organization.',
  who: orgAdmin,
  returns: 'nothing',
  errors: ['INVITATION_NOT_FOUND'],
})

export const listGroupInvitations = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/invites',
  summary: 'Lists the invitations into a group that nobody has accepted yet.',
  who: groupAdmin,
  query: username,
  returns: 'array',
})

export const createGroupInvitation = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/invites',
  audit: ['INVITED_TO_GROUP'],
  summary: 'Invites somebody into a group; this answer alone has the token to accept it with.',
  who: groupAdmin,
  body: { username: required(text), ...intoGroup, ...ofServer },
  returns: 'entity',
  errors: [...newErrors, 'INVALID_ROLE_FOR_GROUP', 'USER_ALREADY_IN_GROUP'],
})

export const updateGroupInvitationByName = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/invites',
  audit: ['GROUP_INVITATION_CHANGED'],
  summary: 'Changes the invitation of the user with a name.',
  who: groupAdmin,
  body: { username: required(text), ...intoGroup, ...ofServer },
  returns: 'entity',
  errors: ['INVITATION_NOT_FOUND', 'INVALID_ROLE_FOR_GROUP'],
})

export const getGroupInvitation = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/invites/{invitationId}',
  summary: 'Answers an invitation into a group.',
  who: groupAdmin,
  returns: 'entity',
  errors: ['INVITATION_NOT_FOUND'],
})

export const updateGroupInvitation = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/invites/{invitationId}',
  audit: ['GROUP_INVITATION_CHANGED'],
  summary: 'Changes an invitation into a group.',
  who: groupAdmin,
  body: { ...intoGroup, ...ofServer, ...readOnly('username') },
  returns: 'entity',
  errors: ['INVITATION_NOT_FOUND', 'INVALID_ROLE_FOR_GROUP'],
})

export const deleteGroupInvitation = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}/invites/{invitationId}',
  audit: ['GROUP_INVITATION_DELETED'],
  summary: 'Takes back an invitation into a group.',
  who: groupAdmin,
  returns: 'nothing',
  errors: ['INVITATION_NOT_FOUND'],
})

export const acceptInvitation = publicEndpoint({
  method: 'POST',
  path: '/unauth/invites',
  audit: ['USER_CREATED', 'JOINED_ORG', 'JOINED_GROUP', 'USER_ROLES_CHANGED_AUDIT', 'JOINED_TEAM'],
  summary:
    'Accepts an invitation; names and password are needed of somebody who is no user yet, and taken of nobody else.',
  who: everybody,
  body: {
    token: required(text),
    password: text,
    firstName: text,
    lastName: text,
    mobileNumber: text,
    country: text,
  },
  returns: 'entity',
  status: 200,
  errors: ['INVITATION_TOKEN_NOT_FOUND', 'WEAK_PASSWORD'],
})
