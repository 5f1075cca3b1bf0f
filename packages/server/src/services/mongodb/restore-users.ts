import { type Doc, decodeDocument, encodeDocument, RawValue } from '@gantry/bson'
import { isDatabaseError } from '../../errors.js'
import type { Deployment } from '../deployment.js'

const ADMIN = 'admin'
/** Where mongorestore puts users and roles for MongoDB to take them over. */
const TEMPORARY_USERS = 'tempusers'
const TEMPORARY_ROLES = 'temproles'

export interface Principals {
  /** Documents of `admin.system.users`. */
  readonly users: readonly Doc[]
  /** Documents of `admin.system.roles`. */
  readonly roles: readonly Doc[]
  /** The `_id` of users that stay as they are. */
  readonly keptUsers: readonly string[]
}

/** Replaces all users and roles but those kept, in the one way that MongoDB has for it. */
export async function restoreUsers(
  deployment: Deployment,
  { users, roles, keptUsers }: Principals,
): Promise<void> {
  const kept = await usersNow(deployment, keptUsers)
  const wanted = [...users.filter((user) => !keptUsers.includes(String(user.get('_id')))), ...kept]
  await mergeUsers(deployment, { users: wanted, roles, drop: true })
}

/** What is merged into the users and roles that there are. */
export interface MergedPrincipals extends Pick<Principals, 'users' | 'roles'> {
  /** Those that are not among them go. */
  readonly drop: boolean
}

/** Makes users and roles what their documents say, with credentials in the place of passwords. */
export async function mergeUsers(
  deployment: Deployment,
  { users, roles, drop: dropsOthers }: MergedPrincipals,
): Promise<void> {
  try {
    await fill(deployment, TEMPORARY_USERS, users)
    await fill(deployment, TEMPORARY_ROLES, roles)
    await deployment.command(ADMIN, {
      _mergeAuthzCollections: 1,
      tempUsersCollection: `${ADMIN}.${TEMPORARY_USERS}`,
      tempRolesCollection: `${ADMIN}.${TEMPORARY_ROLES}`,
      db: '',
      drop: dropsOthers,
    })
  } finally {
    for (const name of [TEMPORARY_USERS, TEMPORARY_ROLES]) await drop(deployment, name)
  }
}

async function usersNow(deployment: Deployment, ids: readonly string[]): Promise<Doc[]> {
  const users: Doc[] = []
  const find = { find: 'system.users', filter: { _id: { $in: [...ids] } } }
  for await (const batch of deployment.batches(ADMIN, find)) {
    users.push(...batch.map(({ buf, at }) => decodeDocument(buf, at)))
  }
  return users
}

async function fill(deployment: Deployment, name: string, docs: readonly Doc[]): Promise<void> {
  await drop(deployment, name)
  await deployment.command(ADMIN, { create: name })
  if (docs.length === 0) return
  const raw = docs.map((doc) => RawValue.document(encodeDocument(doc)))
  await deployment.insertMany(ADMIN, name, raw)
}

async function drop(deployment: Deployment, name: string): Promise<void> {
  try {
    await deployment.command(ADMIN, { drop: name })
  } catch (error) {
    if (!isDatabaseError(error, 'NamespaceNotFound')) throw error
  }
}
