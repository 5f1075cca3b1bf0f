/**
 * Users of the Public API. They are the accounts that sign in to API v2; what is kept here
 * is which roles they have, and their names in two parts. An account that has not been met
 * yet gets an organisation and a project of its own, in which its instances are seen.
 */
import type { GlobalRole } from '@gantry/api'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import { ACCOUNT_DEFAULTS, type Account, accounts } from '../accounts/accounts.js'
import type { Project } from '../projects/project.js'
import type { Projects } from '../projects/projects.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import { holdsGlobal, type RoleAssignment, rolesOutside } from '../roles/roles.js'
import { hashPassword } from '../secrets.js'
import type { State } from '../state.js'
import type { Teams } from '../teams/teams.js'
import { type Member, type Membership, membershipTable } from './member.js'
import { checkOwnersRemain } from './owners.js'

const SHORTEST_PASSWORD = 8
const EMAIL = /^[^\s@:]+@[^\s@:]+$/

/** Whether a text can be the name of a user: an e-mail address, without a colon, which ends a login. */
export function isEmail(text: string): boolean {
  return EMAIL.test(text)
}

export interface NewMember {
  readonly username: string
  readonly password: string
  readonly firstName: string
  readonly lastName: string
  readonly emailAddress?: string
  readonly country?: string
  readonly mobileNumber?: string
  readonly roles: readonly RoleAssignment[]
}

export type MemberChanges = Partial<Omit<NewMember, 'username'>>

export interface Members {
  /** The oldest first. */
  all(): Promise<Member[]>
  get(id: string): Promise<Member | undefined>
  byUsername(username: string): Promise<Member | undefined>
  /** Roles of a user now, those through teams included, from memory. */
  rolesOf(id: string): readonly RoleAssignment[]
  /** Whether an owner of an organisation has one of these roles everywhere, or owns everything. */
  isOwnedBy(org: string, ...globalRoles: readonly GlobalRole[]): boolean
  /** Rejects when the name is no e-mail address or is taken, or the password is weak. */
  create(member: NewMember): Promise<Member>
  /**
   * Rejects when this would leave a project or an organisation without an owner, with an error
   * code that says what is being tried.
   */
  update(member: Member, changes: MemberChanges, lastOwner?: string): Promise<Member>
  /** As `update`. The instances of the account are the caller's care. */
  remove(member: Member): Promise<void>
  /** Takes all roles in a project or an organisation from everybody, as it is gone. */
  forget(scope: string): Promise<void>
  /** Gives an account that is new its organisation, project and roles; does nothing when it has them. */
  adopt(account: Pick<Account, 'id' | 'login'>): Promise<Project>
  /** The same for accounts by their ids, of whom it is enough that they have instances. */
  meet(accounts: Iterable<string>): Promise<void>
}

export async function openMembers(
  keeping: Keeping,
  projects: Projects,
  teams: Teams,
): Promise<Members> {
  const { state } = keeping
  const records: Records<Membership> = await openRecords(keeping, membershipTable)

  /** Accounts that have a project for certain. */
  const met = new Set<string>()

  async function adopt(account: Pick<Account, 'id' | 'login'>): Promise<Project> {
    const { id } = account
    const project = await projects.ensureFor(account)
    const known = records.get(id)
    const own: RoleAssignment[] = [
      { roleName: 'ORG_OWNER', orgId: project.org },
      { roleName: 'GROUP_OWNER', groupId: project.id },
    ]
    if (known?.roles.some(({ groupId }) => groupId === project.id)) return project
    // Somebody must be able to do everything: whoever was there first.
    const isFirst = !records.all().some(({ roles }) => holdsGlobal(roles))
    const first = isFirst ? [{ roleName: 'GLOBAL_OWNER' }] : []
    const roles = [...(known?.roles ?? []), ...own, ...first]
    await records.save({ createdMs: Date.now(), ...known, id, roles })
    return project
  }

  async function memberOf(account: Account): Promise<Member> {
    if (!records.get(account.id)) await adopt(account)
    const membership = records.get(account.id) as Membership
    const [first = '', ...rest] = account.name.split(' ')
    return {
      firstName: first,
      lastName: rest.join(' '),
      ...membership,
      teamIds: teams.ofUser(account.id).map(({ id }) => id),
      username: account.login,
      emailAddress: account.email,
      createdMs: account.createdMs,
    }
  }

  async function find(filter: Parameters<State['list']>[1]): Promise<Member | undefined> {
    const [account] = await state.list(accounts, filter)
    return account && memberOf(account)
  }

  const stored = await state.list(accounts)
  for (const account of stored.sort((a, b) => a.createdMs - b.createdMs)) await memberOf(account)

  return {
    async all() {
      const list = await state.list(accounts)
      const members = await Promise.all(list.map(memberOf))
      return members.sort((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1))
    },
    get: (id) => find({ _id: new ObjectId(id) }),
    byUsername: (login) => find({ login }),
    rolesOf: (id) => [...(records.get(id)?.roles ?? []), ...teams.rolesOf(id)],
    isOwnedBy: (org, ...wanted) =>
      records
        .all()
        .some(
          ({ roles }) =>
            holdsGlobal(roles, ...wanted) &&
            roles.some(({ roleName, orgId }) => roleName === 'ORG_OWNER' && orgId === org),
        ),
    async create({ username, password, emailAddress, ...rest }) {
      if (!isEmail(username)) throw refusal('INVALID_USERNAME', username)
      check({ emailAddress, password })
      const id = new ObjectId().toHexString()
      const account = await insertAccount(state, {
        ...ACCOUNT_DEFAULTS,
        id,
        login: username,
        email: emailAddress ?? username,
        name: [rest.firstName, rest.lastName].join(' '),
        passwordHash: await hashPassword(password),
        createdMs: Date.now(),
      })
      await records.save({ id, ...rest, createdMs: account.createdMs })
      return memberOf(account)
    },
    async update(member, { password, emailAddress, ...changes }, lastOwner) {
      check({ emailAddress, password })
      if (changes.roles)
        checkOwnersRemain(records.all(), projects, member, changes.roles, lastOwner)
      const kept = records.get(member.id) as Membership
      await records.save({ ...kept, ...changes })
      const { firstName = member.firstName, lastName = member.lastName } = changes
      const $set = {
        name: [firstName, lastName].join(' ').trim(),
        ...(emailAddress !== undefined && { email: emailAddress }),
        ...(password !== undefined && { passwordHash: await hashPassword(password) }),
      }
      await state.update(accounts, new ObjectId(member.id), { $set })
      return (await find({ _id: new ObjectId(member.id) })) as Member
    },
    async remove(member) {
      checkOwnersRemain(records.all(), projects, member, [], 'CANNOT_DELETE_LAST_OWNER')
      await state.delete(accounts, new ObjectId(member.id))
      await records.delete(member.id)
      await teams.forgetUser(member.id)
    },
    async forget(scope) {
      for (const member of records.all()) {
        const roles = rolesOutside(member.roles, scope)
        if (roles.length < member.roles.length) await records.save({ ...member, roles })
      }
      await teams.forgetProject(scope)
      await teams.forgetOrg(scope)
    },
    adopt,
    async meet(ids) {
      for (const id of ids) {
        if (met.has(id)) continue
        const [account] = await state.list(accounts, { _id: new ObjectId(id) })
        if (account) await adopt(account)
        met.add(id)
      }
    },
  }
}

async function insertAccount(state: State, account: Account): Promise<Account> {
  await state.insert(accounts, account).catch((error: unknown) => {
    if (!(error instanceof AppError && error.kind === 'conflict')) throw error
    throw refusal('USER_ALREADY_EXISTS', account.login)
  })
  return account
}

function check({ emailAddress, password }: Pick<MemberChanges, 'emailAddress' | 'password'>) {
  if (emailAddress !== undefined && !isEmail(emailAddress)) {
    throw refusal('INVALID_EMAIL_ADDRESS', emailAddress)
  }
  if (password !== undefined && password.length < SHORTEST_PASSWORD) {
    throw refusal('WEAK_PASSWORD', String(SHORTEST_PASSWORD))
  }
}
