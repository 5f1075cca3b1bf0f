import type { Member } from '../../control/members/member.js'
import { type Entity, path, self } from './result.js'

/** A user as the Public API shows it. */
export function presentUser(member: Member): Entity {
  const { id, username, emailAddress, firstName, lastName, country, mobileNumber } = member
  const { roles, teamIds } = member
  return {
    country,
    emailAddress,
    firstName,
    id,
    lastName,
    mobileNumber,
    roles: roles.map((role) => ({ ...role })),
    teamIds,
    username,
    links: [self(path`/users/${id}`)],
  }
}
