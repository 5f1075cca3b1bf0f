/**
 * Invitations into organisations and projects. Whoever has the token of one accepts it: a user who is
 * there gets the roles, and somebody who is not becomes a user with a password of their choice.
 */
import { randomBytes } from 'node:crypto'
import { ObjectId } from '@gantry/bson'
import { AppError } from '../../errors.js'
import type { Member } from '../members/member.js'
import { isEmail, type Members } from '../members/members.js'
import { type Keeping, openRecords, type Records } from '../records.js'
import { refusal } from '../refusal.js'
import { lendsTrust, type RoleAssignment } from '../roles/roles.js'
import type { Secrets } from '../secrets.js'
import type { Teams } from '../teams/teams.js'
import { type Invitation, invitationTable } from './invitation.js'

const LIFETIME_MS = 30 * 24 * 3_600_000
const TOKEN_BYTES = 32

export type NewInvitation = Pick<
  Invitation,
  'scope' | 'kind' | 'username' | 'inviterUsername' | 'roles' | 'teamIds'
>

/** What somebody who is no user yet says of themselves. */
export interface Newcomer {
  readonly password?: string
  readonly firstName?: string
  readonly lastName?: string
  readonly mobileNumber?: string
  readonly country?: string
}

/** What has become of an invitation. */
export interface Accepted {
  readonly invitation: Invitation
  readonly member: Member
  readonly isNew: boolean
  /** What the user had before. */
  readonly before: readonly RoleAssignment[]
  /** Teams that the user has come into. */
  readonly teamIds: readonly string[]
}

/** Who is invited where, and has not accepted yet. */
export interface Invitations {
  /** Those into an organisation or a project that can be accepted, the oldest first. */
  pending(scope: string, nowMs: number): readonly Invitation[]
  /**
   * Rejects when the name is no e-mail address or the same is invited already. The token is told
   * here only.
   */
  create(
    invitation: NewInvitation,
    nowMs: number,
  ): Promise<{ readonly invitation: Invitation; readonly token: string }>
  update(
    invitation: Invitation,
    changes: Partial<Pick<Invitation, 'roles' | 'teamIds'>>,
  ): Promise<Invitation>
  remove(invitation: Invitation): Promise<void>
  accept(token: string, newcomer: Newcomer, nowMs: number): Promise<Accepted>
  /** Removes those into an organisation or a project that is gone. */
  forget(scope: string): Promise<void>
}

/** Reads what is kept of them. */
export async function openInvitations(
  keeping: Keeping,
  secrets: Secrets,
  { members, teams }: { readonly members: Members; readonly teams: Teams },
): Promise<Invitations> {
  const records: Records<Invitation> = await openRecords(keeping, invitationTable)
  const into = (scope: string) => records.all().filter((one) => one.scope === scope)

  async function remove({ id }: Pick<Invitation, 'id'>): Promise<void> {
    await records.delete(id)
  }

  async function join({ scope, teamIds }: Invitation, user: string): Promise<readonly string[]> {
    const there = teamIds.flatMap((id) => teams.get(id) ?? []).filter(({ org }) => org === scope)
    const joined = there.filter(({ users }) => !users.includes(user))
    for (const team of joined) await teams.addUsers(team, [user])
    return joined.map(({ id }) => id)
  }

  return {
    pending: (scope, nowMs) => into(scope).filter(({ expiresMs }) => expiresMs > nowMs),
    async create(given, nowMs) {
      const { scope, username } = given
      if (!isEmail(username)) throw refusal('INVALID_USERNAME', username)
      for (const old of into(scope)) if (old.expiresMs <= nowMs) await remove(old)
      const token = randomBytes(TOKEN_BYTES).toString('base64url')
      const invitation: Invitation = {
        ...given,
        id: new ObjectId().toHexString(),
        tokenHash: secrets.lookupHash(token),
        createdMs: nowMs,
        expiresMs: nowMs + LIFETIME_MS,
      }
      await records.insert(invitation).catch((error: unknown) => {
        if (!(error instanceof AppError && error.kind === 'conflict')) throw error
        throw refusal('INVITATION_ALREADY_EXISTS', username)
      })
      return { invitation, token }
    },
    async update(invitation, changes) {
      const changed = { ...invitation, ...changes }
      await records.save(changed)
      return changed
    },
    remove,
    async accept(token, newcomer, nowMs) {
      const hash = secrets.lookupHash(token)
      const invitation = records.all().find(({ tokenHash }) => tokenHash === hash)
      if (!invitation || invitation.expiresMs <= nowMs) throw refusal('INVITATION_TOKEN_NOT_FOUND')
      const roles = rolesOf(invitation)
      const known = await members.byUsername(invitation.username)
      // Nobody knows whether it is they who accept.
      if (known && lendsTrust(known.roles, roles)) throw refusal('NOT_GLOBAL_USER_ADMIN')
      const member = known
        ? await members.update(known, { roles: [...known.roles, ...missing(roles, known.roles)] })
        : await members.create({ ...complete(newcomer), username: invitation.username, roles })
      const teamIds = await join(invitation, member.id)
      // Last, so that after a failure all of it can be done again.
      await remove(invitation)
      return { invitation, member, isNew: !known, before: known?.roles ?? [], teamIds }
    },
    async forget(scope) {
      for (const invitation of into(scope)) await remove(invitation)
    },
  }
}

function rolesOf({ kind, scope, roles }: Invitation): readonly RoleAssignment[] {
  return roles.map((roleName) =>
    kind === 'org' ? { roleName, orgId: scope } : { roleName, groupId: scope },
  )
}

function missing(wanted: readonly RoleAssignment[], held: readonly RoleAssignment[]) {
  return wanted.filter(
    ({ roleName, orgId, groupId }) =>
      !held.some(
        (one) => one.roleName === roleName && one.orgId === orgId && one.groupId === groupId,
      ),
  )
}

function complete(newcomer: Newcomer) {
  const { password, firstName, lastName } = newcomer
  if (password === undefined) throw refusal('MISSING_ATTRIBUTE', 'password')
  if (firstName === undefined) throw refusal('MISSING_ATTRIBUTE', 'firstName')
  if (lastName === undefined) throw refusal('MISSING_ATTRIBUTE', 'lastName')
  return { ...newcomer, password, firstName, lastName }
}
