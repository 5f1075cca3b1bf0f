import { inGroup, inOrg, publicEndpoint } from './endpoint.js'
import { readOnly, required, text, texts } from './fields.js'

const orgOwner = { scope: 'org', roles: ['ORG_OWNER'], refusal: 'NOT_ORG_OWNER' } as const
const userAdmin = {
  scope: 'group',
  roles: ['GROUP_USER_ADMIN'],
  refusal: 'NOT_GROUP_USER_ADMIN',
} as const

export const listTeams = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/teams',
  summary: 'Lists the teams of an organization.',
  who: inOrg(),
  returns: 'list',
})

export const createTeam = publicEndpoint({
  method: 'POST',
  path: '/orgs/{orgId}/teams',
  audit: ['TEAM_CREATED', 'JOINED_TEAM'],
  summary: 'Makes a team of users of an organization.',
  who: orgOwner,
  body: { name: required(text), usernames: texts, ...readOnly('id', 'links') },
  returns: 'entity',
  errors: ['INVALID_TEAM_NAME', 'TEAM_NAME_NOT_AVAILABLE', 'USERNAME_NOT_FOUND', 'USER_NOT_IN_ORG'],
})

export const getTeam = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/teams/{teamId}',
  summary: 'Answers a team.',
  who: inOrg(),
  returns: 'entity',
  errors: ['TEAM_NOT_FOUND'],
})

export const getTeamByName = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/teams/byName/{teamName}',
  summary: 'Answers the team with a name.',
  who: inOrg(),
  returns: 'entity',
  errors: ['TEAM_NAME_NOT_FOUND'],
})

export const renameTeam = publicEndpoint({
  method: 'PATCH',
  path: '/orgs/{orgId}/teams/{teamId}',
  audit: ['TEAM_NAME_CHANGED'],
  summary: 'Renames a team.',
  who: orgOwner,
  body: { name: required(text), ...readOnly('id', 'links') },
  returns: 'entity',
  errors: ['TEAM_NOT_FOUND', 'INVALID_TEAM_NAME', 'TEAM_NAME_NOT_AVAILABLE'],
})

export const deleteTeam = publicEndpoint({
  method: 'DELETE',
  path: '/orgs/{orgId}/teams/{teamId}',
  audit: ['TEAM_DELETED'],
  summary: 'Deletes a team; its members lose what they had through it.',
  who: orgOwner,
  returns: 'nothing',
  errors: ['TEAM_NOT_FOUND'],
})

export const listTeamUsers = publicEndpoint({
  method: 'GET',
  path: '/orgs/{orgId}/teams/{teamId}/users',
  summary: 'Lists the members of a team.',
  who: inOrg(),
  returns: 'list',
  errors: ['TEAM_NOT_FOUND'],
})

export const addTeamUsers = publicEndpoint({
  method: 'POST',
  path: '/orgs/{orgId}/teams/{teamId}/users',
  audit: ['JOINED_TEAM'],
  summary: 'Puts users of the organization into a team, and lists its members.',
  who: orgOwner,
  items: { type: 'object', fields: { id: required(text) } },
  returns: 'list',
  status: 200,
  errors: ['TEAM_NOT_FOUND', 'USER_NOT_IN_ORG'],
})

export const removeTeamUser = publicEndpoint({
  method: 'DELETE',
  path: '/orgs/{orgId}/teams/{teamId}/users/{userId}',
  audit: ['REMOVED_FROM_TEAM'],
  summary: 'Takes a user out of a team.',
  who: orgOwner,
  returns: 'nothing',
  errors: ['TEAM_NOT_FOUND', 'USER_NOT_IN_TEAM'],
})

export const listGroupTeams = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/teams',
  summary: 'Lists the teams that have roles in a group.',
  who: inGroup(),
  returns: 'list',
})

export const addGroupTeams = publicEndpoint({
  method: 'POST',
  path: '/groups/{groupId}/teams',
  audit: ['TEAM_ADDED_TO_GROUP', 'TEAM_ROLES_MODIFIED'],
  summary: 'Gives teams of the organization roles in a group, and lists all that have some.',
  who: userAdmin,
  items: {
    type: 'object',
    fields: { teamId: required(text), roleNames: required(texts), ...readOnly('links') },
  },
  returns: 'list',
  status: 200,
  errors: ['TEAM_NOT_FOUND', 'INVALID_ROLE_FOR_GROUP'],
})

export const getGroupTeam = publicEndpoint({
  method: 'GET',
  path: '/groups/{groupId}/teams/{teamId}',
  summary: 'Answers which roles a team has in a group.',
  who: inGroup(),
  returns: 'entity',
  errors: ['TEAM_NOT_IN_GROUP'],
})

export const setGroupTeamRoles = publicEndpoint({
  method: 'PATCH',
  path: '/groups/{groupId}/teams/{teamId}',
  audit: ['TEAM_ROLES_MODIFIED'],
  summary: "Replaces a team's roles in a group; lists this team alone.",
  who: userAdmin,
  body: { roleNames: required(texts), ...readOnly('teamId', 'links') },
  returns: 'list',
  errors: ['TEAM_NOT_IN_GROUP', 'INVALID_ROLE_FOR_GROUP'],
})

export const removeGroupTeam = publicEndpoint({
  method: 'DELETE',
  path: '/groups/{groupId}/teams/{teamId}',
  audit: ['TEAM_REMOVED_FROM_GROUP'],
  summary: 'Takes all roles in a group from a team.',
  who: userAdmin,
  returns: 'nothing',
  errors: ['TEAM_NOT_IN_GROUP'],
})
