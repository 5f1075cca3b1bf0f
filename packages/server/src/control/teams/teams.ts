/**
 * Teams: whoever is in one has the roles that the team has in projects, beside their own. Members come
 * and go by single steps in the state, so that of several at the same time none is lost.
 */
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Command } from '../../services/deployment.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import type { RoleAssignment } from '../roles/roles.js'
import { type Team, teamTable } from './team.js'

const LONGEST_NAME = 64

/** The teams of all organizations. */
export interface Teams {
  get(id: string): Team | undefined
  /** The oldest first. */
  ofOrg(org: string): readonly Team[]
  /** Those that have roles in a project, the oldest first. */
  inProject(project: string): readonly Team[]
  ofUser(user: string): readonly Team[]
  /** The ids of the users in a team; none when there is no such team. */
  members(id: string): readonly string[]
  /** The roles that a user has through teams. */
  rolesOf(user: string): readonly RoleAssignment[]
  /** Rejects when the name is none, or the organisation has a team of that name. */
  create(org: string, name: string, users: readonly string[]): Promise<Team>
  rename(team: Team, name: string): Promise<Team>
  /** Those who are in it already stay. */
  addUsers(team: Team, users: readonly string[]): Promise<Team>
  removeUser(team: Team, user: string): Promise<Team>
  /** Replaces the roles that a team has in a project; with none it has nothing to do with it any more. */
  setRoles(team: Team, project: string, roleNames: readonly string[]): Promise<Team>
  remove(team: Team): Promise<void>
  /** Takes a user out of the teams of an organisation, or of all of them. */
  forgetUser(user: string, org?: string): Promise<void>
  forgetProject(project: string): Promise<void>
  forgetOrg(org: string): Promise<void>
}

/** Reads what is kept of them. */
export async function openTeams(keeping: Keeping): Promise<Teams> {
  const records: Records<Team> = await openRecords(keeping, teamTable)
  const select = (isWanted: (team: Team) => boolean) => records.all().filter(isWanted)

  /** One after the other, so that what is remembered is what the last of them made. */
  let changing: Promise<unknown> = Promise.resolve()
  function change(team: Team, update: Command): Promise<Team> {
    const next = changing.then(() => apply(team, update))
    changing = next.catch(() => {})
    return next
  }

  async function apply({ id }: Team, update: Command): Promise<Team> {
    const changed = await keeping.state.findAndModify(teamTable, { _id: new ObjectId(id) }, update)
    if (!changed) throw refusal('TEAM_NOT_FOUND', id)
    records.refresh(changed)
    return changed
  }

  const removeUser = (team: Team, user: string) =>
    change(team, { $pull: { users: new ObjectId(user) } })
  const ofUser = (user: string) => select(({ users }) => users.includes(user))

  const teams: Teams = {
    get: records.get,
    ofOrg: (org) => select((team) => team.org === org),
    inProject: (project) => select(({ roles }) => roles.has(project)),
    ofUser,
    members: (id) => records.get(id)?.users ?? [],
    rolesOf: (user) =>
      ofUser(user).flatMap(({ roles }) =>
        [...roles].flatMap(([groupId, names]) => names.map((roleName) => ({ roleName, groupId }))),
      ),
    async create(org, name, users) {
      checkName(name)
      const id = new ObjectId().toHexString()
      const team = { id, org, name, users: [...new Set(users)], roles: new Map() }
      const created = { ...team, createdMs: Date.now() }
      await records.insert(created).catch((error: unknown) => refuseTaken(error, name))
      return created
    },
    rename(team, name) {
      checkName(name)
      return change(team, { $set: { name } }).catch((error: unknown) => refuseTaken(error, name))
    },
    addUsers: (team, users) =>
      change(team, { $addToSet: { users: { $each: users.map((user) => new ObjectId(user)) } } }),
    removeUser,
    setRoles(team, project, roleNames) {
      const field = `roles.${project}`
      const names = [...new Set(roleNames)]
      return change(
        team,
        names.length > 0 ? { $set: { [field]: names } } : { $unset: { [field]: '' } },
      )
    },
    async remove({ id }) {
      await records.delete(id)
    },
    async forgetUser(user, org) {
      for (const team of ofUser(user)) {
        if (org === undefined || team.org === org) await removeUser(team, user)
      }
    },
    async forgetProject(project) {
      for (const team of teams.inProject(project)) await teams.setRoles(team, project, [])
    },
    async forgetOrg(org) {
      for (const team of teams.ofOrg(org)) await teams.remove(team)
    },
  }
  return teams
}

function refuseTaken(error: unknown, name: string): never {
  if (!(error instanceof AppError && error.kind === 'conflict')) throw error
  throw refusal('TEAM_NAME_NOT_AVAILABLE', name)
}

function checkName(name: string): void {
  if (name.trim() === '' || name.length > LONGEST_NAME) throw refusal('INVALID_TEAM_NAME', name)
}
