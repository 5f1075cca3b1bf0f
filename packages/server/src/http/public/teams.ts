import { type EventType, publicApi } from '@gantry/api'
import type { Control } from '../../control/control.js'
import type { Member } from '../../control/members/member.js'
import type { Organisation } from '../../control/organisations/organisations.js'
import type { Project } from '../../control/projects/project.js'
import { refusal } from '../../control/refusal.js'
import { isGroupRole } from '../../control/roles/roles.js'
import type { Team } from '../../control/teams/team.js'
import { usersOf } from './orgs.js'
import { presentUser } from './present-user.js'
import { type Entity, linkTo, listing, path, self } from './result.js'
import { type Call, type PublicRoute, route } from './route.js'

export const teamRoutes: readonly PublicRoute[] = [
  route(publicApi.listTeams, ({ control, org }) =>
    listing(control.teams.ofOrg(org.id), presentTeam),
  ),
  route(publicApi.createTeam, createTeam),
  route(publicApi.getTeam, (call) => presentTeam(teamOf(call))),
  route(publicApi.getTeamByName, ({ control, org, params: { teamName } }) => {
    const team = control.teams.ofOrg(org.id).find(({ name }) => name === teamName)
    if (!team) throw refusal('TEAM_NAME_NOT_FOUND', teamName)
    return presentTeam(team)
  }),
  route(publicApi.renameTeam, async (call) => {
    const team = await call.control.teams.rename(teamOf(call), call.body.name)
    await record(call, 'TEAM_NAME_CHANGED', team)
    return presentTeam(team)
  }),
  route(publicApi.deleteTeam, async (call) => {
    const team = teamOf(call)
    await call.control.teams.remove(team)
    await record(call, 'TEAM_DELETED', team)
    return undefined
  }),
  route(publicApi.listTeamUsers, (call) => listUsers(call.control, teamOf(call))),
  route(publicApi.addTeamUsers, addUsers),
  route(publicApi.removeTeamUser, async (call) => {
    const { control, params } = call
    const team = teamOf(call)
    if (!team.users.includes(params.userId)) {
      throw refusal('USER_NOT_IN_TEAM', params.userId, team.id)
    }
    const member = await control.members.get(params.userId)
    await control.teams.removeUser(team, params.userId)
    await record(call, 'REMOVED_FROM_TEAM', team, { targetUsername: member?.username })
    return undefined
  }),
  route(publicApi.listGroupTeams, ({ control, group }) => listInGroup(control, group)),
  route(publicApi.addGroupTeams, addToGroup),
  route(publicApi.getGroupTeam, (call) => presentInGroup(teamInGroup(call), call.group)),
  route(publicApi.setGroupTeamRoles, async (call) => {
    const { control, group, body } = call
    const roleNames = groupRoles(body.roleNames)
    const team = await control.teams.setRoles(teamInGroup(call), group.id, roleNames)
    await record(call, 'TEAM_ROLES_MODIFIED', team)
    return listing([team], (one) => presentInGroup(one, group))
  }),
  route(publicApi.removeGroupTeam, async (call) => {
    const team = teamInGroup(call)
    await call.control.teams.setRoles(team, call.group.id, [])
    await record(call, 'TEAM_REMOVED_FROM_GROUP', team)
    return undefined
  }),
]

type WithTeam = { readonly params: { readonly teamId: string }; readonly control: Control }

function teamOf({ control, org, params }: WithTeam & { readonly org: Organisation }): Team {
  const team = control.teams.get(params.teamId)
  if (team?.org !== org.id) throw refusal('TEAM_NOT_FOUND', params.teamId)
  return team
}

function teamInGroup({ control, group, params }: WithTeam & { readonly group: Project }): Team {
  const team = control.teams.get(params.teamId)
  if (!team?.roles.has(group.id)) throw refusal('TEAM_NOT_IN_GROUP', params.teamId, group.id)
  return team
}

function presentTeam({ id, org, name }: Team): Entity {
  return { id, name, links: [self(path`/orgs/${org}/teams/${id}`)] }
}

function presentInGroup({ id, org, roles }: Team, group: Project): Entity {
  return {
    roleNames: roles.get(group.id) ?? [],
    teamId: id,
    links: [
      self(path`/groups/${group.id}/teams/${id}`),
      linkTo('group', path`/groups/${group.id}`),
      linkTo('team', path`/orgs/${org}/teams/${id}`),
    ],
  }
}

function listInGroup(control: Control, group: Project) {
  return listing(control.teams.inProject(group.id), (team) => presentInGroup(team, group))
}

async function listUsers(control: Control, { users }: Team) {
  const members = await control.members.all()
  return listing(
    members.filter(({ id }) => users.includes(id)),
    presentUser,
  )
}

type Recording = Pick<Call, 'control' | 'caller'> & {
  readonly group: Project | undefined
  readonly org: Organisation | undefined
}

async function record(
  { control, caller, group, org }: Recording,
  type: EventType,
  { id }: Team,
  facts: { readonly targetUsername?: string } = {},
): Promise<void> {
  const where = { groupId: group?.id, orgId: org?.id, teamId: id }
  await control.events.record(type, { ...caller.actor, ...where, ...facts })
}

async function createTeam(call: Call<typeof publicApi.createTeam>): Promise<Entity> {
  const { control, org, body } = call
  const { name, usernames = [] } = body
  const inOrg = await usersOf(call)
  const users: Member[] = []
  for (const username of usernames) {
    const member = await control.members.byUsername(username)
    if (!member) throw refusal('USERNAME_NOT_FOUND', username)
    if (!inOrg.some(({ id }) => id === member.id)) {
      throw refusal('USER_NOT_IN_ORG', username, org.id)
    }
    users.push(member)
  }
  const team = await control.teams.create(
    org.id,
    name,
    users.map(({ id }) => id),
  )
  await record(call, 'TEAM_CREATED', team)
  for (const { username } of users) {
    await record(call, 'JOINED_TEAM', team, { targetUsername: username })
  }
  return { ...presentTeam(team), usernames: users.map(({ username }) => username) }
}

async function addUsers(call: Call<typeof publicApi.addTeamUsers>) {
  const { control, org, body } = call
  const team = teamOf(call)
  const inOrg = await usersOf(call)
  const added = body.map(({ id }) => {
    const member = inOrg.find((one) => one.id === id)
    if (!member) throw refusal('USER_NOT_IN_ORG', id, org.id)
    return member
  })
  const changed = await control.teams.addUsers(
    team,
    added.map(({ id }) => id),
  )
  for (const { id, username } of added) {
    if (team.users.includes(id)) continue
    await record(call, 'JOINED_TEAM', team, { targetUsername: username })
  }
  return listUsers(control, changed)
}

async function addToGroup(call: Call<typeof publicApi.addGroupTeams>) {
  const { control, group, body } = call
  // All of it is checked before any of it is done.
  const wanted = body.map(({ teamId, roleNames }) => {
    const team = control.teams.get(teamId)
    if (team?.org !== group.org) throw refusal('TEAM_NOT_FOUND', teamId)
    return { team, roleNames: groupRoles(roleNames) }
  })
  for (const { team, roleNames } of wanted) {
    const isNew = !team.roles.has(group.id)
    await control.teams.setRoles(team, group.id, roleNames)
    await record(call, isNew ? 'TEAM_ADDED_TO_GROUP' : 'TEAM_ROLES_MODIFIED', team)
  }
  return listInGroup(control, group)
}

/** The same names, if they are roles in a project, and there is one. */
function groupRoles(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw refusal('MISSING_ATTRIBUTE', 'roleNames')
  const wrong = names.find((name) => !isGroupRole(name))
  if (wrong !== undefined) throw refusal('INVALID_ROLE_FOR_GROUP', wrong)
  return names
}
