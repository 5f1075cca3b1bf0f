import type { Doc } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { noPermissions, type Permissions, permissionsOf } from './authorize.js'
import { type Role, readRole, readUser, type User } from './documents.js'
import type { RoleName } from './privilege.js'
import { type Endpoints, meetsRestrictions, type Restriction } from './restrictions.js'
import { type ResolvedRoles, resolveRoles, roleKey } from './roles.js'

/** All users and roles of one moment, read from their documents. */
export interface Directory {
  findUser(user: string, db: string): User | undefined
  findRole(name: RoleName): Role | undefined
  users(): Iterable<User>
  roles(): Iterable<Role>
  /** What a user may do by all its roles; nothing when there is no such user. */
  permissionsOf(user: string, db: string): Permissions
  resolve(roles: readonly RoleName[]): ResolvedRoles
  /** Says whether the restrictions of a user and its roles let a connection in. */
  admits(user: User, endpoints: Endpoints): boolean
}

/** Reads users and roles from the documents of `admin.system.users` and `admin.system.roles`. */
export function readDirectory(userDocs: Iterable<Doc>, roleDocs: Iterable<Doc>): Directory {
  const users = new Map<string, User>()
  const roles = new Map<string, Role>()
  const permissions = new Map<User, Permissions>()
  for (const user of readable(userDocs, readUser)) users.set(userKey(user.user, user.db), user)
  for (const role of readable(roleDocs, readRole)) roles.set(roleKey(role), role)
  const findRole = (name: RoleName) => roles.get(roleKey(name))
  const resolve = (names: readonly RoleName[]) => resolveRoles(names, findRole)

  function compiledPermissions(user: User): Permissions {
    const known = permissions.get(user)
    if (known) return known
    const compiled = permissionsOf(resolve(user.roles).privileges)
    permissions.set(user, compiled)
    return compiled
  }

  return {
    findUser: (user, db) => users.get(userKey(user, db)),
    findRole,
    users: () => users.values(),
    roles: () => roles.values(),
    resolve,
    permissionsOf(name, db) {
      const user = users.get(userKey(name, db))
      return user ? compiledPermissions(user) : noPermissions
    },
    admits(user, endpoints) {
      const restrictions: (readonly Restriction[])[] = [user.restrictions]
      for (const name of resolve(user.roles).roles) {
        restrictions.push(findRole(name)?.restrictions ?? [])
      }
      return meetsRestrictions(restrictions, endpoints)
    },
  }
}

/** What can be read of the documents: one that was stored with mistakes must not keep everybody out, nor let its user in. */
function readable<T>(docs: Iterable<Doc>, read: (doc: Doc) => T): T[] {
  const found: T[] = []
  for (const doc of docs) {
    try {
      found.push(read(doc))
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
    }
  }
  return found
}

/** The key of a user: the `_id` of its document. */
export function userKey(user: string, db: string): string {
  return `${db}.${user}`
}
