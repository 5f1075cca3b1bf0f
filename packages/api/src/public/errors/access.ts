import type { PublicErrors } from './error.js'

/** Who calls, from where, and what they lack. */
export const accessErrors: PublicErrors = {
  NO_CURRENT_USER: [401, 'No credentials were given: use HTTP Digest with a key.'],
  USER_UNAUTHORIZED: [401, 'The credentials are wrong, or do not allow this.'],
  NOT_IN_GROUP: [401, 'The caller is not a member of the group {0}.'],
  USER_CANNOT_ACCESS_GROUP: [401, 'The caller cannot access the group {0}.'],
  USER_CANNOT_ACCESS_ORG: [401, 'The caller is not a member of the organization {0}.'],
  NOT_SELF: [401, 'Only the user {0} itself may do this.'],
  NOT_USER_ADMIN: [401, 'The caller administers no group that the user {0} belongs to.'],
  NOT_GROUP_USER_ADMIN: [401, 'The caller is not a user administrator of the group {0}.'],
  NOT_GLOBAL_USER_ADMIN: [401, 'Only a global owner may do this.'],
  NOT_ORG_OWNER: [401, 'The caller is not an owner of the organization {0}.'],
  NOT_ORG_USER_ADMIN: [401, 'The caller does not administer the users of the organization {0}.'],
  NOT_ORG_GROUP_CREATOR: [401, 'The caller may not create groups in the organization {0}.'],
  NOT_API_KEY_ADMIN: [401, 'The caller does not administer API keys.'],
  API_KEY_CANNOT_CREATE_ORG: [401, 'A programmatic key cannot create organizations.'],
  API_KEY_CANNOT_CREATE_GROUP: [401, 'This key cannot create groups.'],
  ACCESS_LIST_ACCESS_DENIED: [401, 'The caller may not see this access list.'],
  ACCESS_FORBIDDEN: [403, 'Plain HTTP is not served here: use HTTPS.'],
  IP_ADDRESS_NOT_ON_ACCESS_LIST: [403, "The address {0} is not on the caller's access list."],
  RESOURCE_REQUIRES_ACCESS_LIST: [403, 'This is for keys with an access list that has {0} only.'],
  ORG_REQUIRES_ACCESS_LIST: [403, 'The organization {0} demands an access list.'],
  INVALID_AGENT_API_KEY: [
    401,
    'This is no agent API key, or it has been deleted: send one as "Authorization: Bearer KEY".',
  ],
  TOO_MANY_AGENT_REQUESTS: [429, '{0} asks too often: try again in {1} seconds.'],
  RATE_LIMITED: [429, 'The group {0} has used up its calls of this minute.'],
}
