/** Which users a notification reaches. */
import type { Member } from '../members/member.js'
import type { Members } from '../members/members.js'
import type { Project } from '../projects/project.js'
import type { Projects } from '../projects/projects.js'
import { groupRolesIn, type RoleAssignment } from '../roles/roles.js'
import type { Team } from '../teams/team.js'
import type { Notification } from './notification.js'

/** Who there is. */
export interface Directory {
  readonly members: Pick<Members, 'all' | 'byUsername' | 'rolesOf'>
  readonly projects: Pick<Projects, 'all'>
  readonly teams: { get(id: string): Pick<Team, 'org' | 'name' | 'users'> | undefined }
}

/**
 * The addresses to be written to, each once. Those who hold roles everywhere are not members
 * of each project, and are told of it only when they have a role in it besides.
 */
export async function addressesOf(
  { typeName, emailAddress, username, teamId, roles = [] }: Notification,
  project: Project,
  { members, projects, teams }: Directory,
): Promise<string[]> {
  const inProject = (member: Member) => heldIn(project, members.rolesOf(member.id))
  const inOrg = (member: Member) =>
    heldInOrg(project.org, members.rolesOf(member.id), projects.all())
  const choose = (held: readonly string[]) =>
    held.length > 0 && (roles.length === 0 || held.some((role) => roles.includes(role)))
  const unique = (found: readonly Member[]) => [
    ...new Set(found.map((member) => member.emailAddress)),
  ]
  switch (typeName) {
    case 'EMAIL':
      return emailAddress === undefined ? [] : [emailAddress]
    case 'USER': {
      const member = await members.byUsername(username ?? '')
      return member && groupRolesIn(members.rolesOf(member.id), project).length > 0
        ? [member.emailAddress]
        : []
    }
    case 'GROUP':
      return unique((await members.all()).filter((member) => choose(inProject(member))))
    case 'ORG':
      return unique((await members.all()).filter((member) => choose(inOrg(member))))
    case 'TEAM': {
      const { users = [] } = teamOf(teams, project, teamId) ?? {}
      const found = (await members.all()).filter(({ id }) => users.includes(id))
      return unique(
        roles.length === 0 ? found : found.filter((member) => choose(inProject(member))),
      )
    }
    default:
      return []
  }
}

/** A team, if it is of the project's organisation. */
export function teamOf(teams: Directory['teams'], { org }: Project, id = '') {
  const team = teams.get(id)
  return team?.org === org ? team : undefined
}

function heldIn(project: Project, roles: readonly RoleAssignment[]): readonly string[] {
  const here = roles.filter(({ groupId, orgId }) => groupId !== undefined || orgId !== undefined)
  return groupRolesIn(here, project)
}

/** Whoever is in one of its projects is a member of an organisation. */
function heldInOrg(
  org: string,
  roles: readonly RoleAssignment[],
  projects: readonly Project[],
): readonly string[] {
  const own = roles.filter(({ orgId }) => orgId === org).map(({ roleName }) => roleName)
  const isInside = projects.some(
    (project) => project.org === org && roles.some(({ groupId }) => groupId === project.id),
  )
  return isInside ? [...own, 'ORG_MEMBER'] : own
}
