/** What the commands on users and roles have in common: reading names of roles and privileges, and the rights to give them. */
import { type Doc, decodeValue, type RawValue, type Value } from '@gantry/bson'
import { isAction } from '../auth/actions.js'
import { builtinRole } from '../auth/builtin-roles.js'
import type { Directory } from '../auth/directory.js'
import { readResource } from '../auth/documents.js'
import type { Privilege, RoleName } from '../auth/privilege.js'
import { type Restriction, readRestrictions } from '../auth/restrictions.js'
import { roleExists } from '../auth/roles.js'
import { CommandError } from '../errors.js'
import { isAllowed } from './authorize.js'
import type { CommandContext } from './command.js'

/** Names of roles: a string means one of the command's own database. */
export function readRoleNames(values: readonly RawValue[], db: string): RoleName[] {
  return values.map(({ buf, type, at }) => {
    const value = decodeValue(buf, type, at)
    if (typeof value === 'string') return { role: value, db }
    if (!(value instanceof Map)) {
      throw new CommandError('BadValue', 'Role names must be either strings or objects')
    }
    return { role: requireText(value, 'role'), db: requireText(value, 'db') }
  })
}

function requireText(doc: Doc, name: string): string {
  const value = doc.get(name)
  if (typeof value === 'string' && value !== '') return value
  throw new CommandError('BadValue', `Missing expected field "${name}"`)
}

export function readPrivileges(values: readonly RawValue[]): Privilege[] {
  return values.map(({ buf, type, at }) => {
    const value = decodeValue(buf, type, at)
    if (!(value instanceof Map)) throw new CommandError('BadValue', 'privileges must be objects')
    const resource = readResource(asDocument(value.get('resource')))
    if (!resource) {
      throw new CommandError(
        'BadValue',
        "privilege's resource must be a database and collection, cluster or anyResource",
      )
    }
    return { resource, actions: readActions(value.get('actions')) }
  })
}

function readActions(value: Value | undefined) {
  if (!Array.isArray(value) || value.length === 0) {
    throw new CommandError('BadValue', 'actions field cannot be empty')
  }
  return value.map((name) => {
    if (typeof name === 'string' && isAction(name)) return name
    throw new CommandError('BadValue', `Unrecognized action privilege string: ${name}`)
  })
}

function asDocument(value: Value | undefined): Doc | undefined {
  return value instanceof Map ? value : undefined
}

export function readRestrictionArgs(values: readonly RawValue[]): Restriction[] {
  return readRestrictions(values.map(({ buf, type, at }) => decodeValue(buf, type, at)))
}

/** Throws unless the caller may give or take away each of the roles. */
export function requireRoleGrants(
  context: CommandContext,
  action: 'grantRole' | 'revokeRole',
  names: readonly RoleName[],
): void {
  for (const { role, db } of names) {
    if (isAllowed(context, action, { db })) continue
    const what = action === 'grantRole' ? 'grant' : 'revoke'
    throw new CommandError('Unauthorized', `Not authorized to ${what} role: ${role}@${db}`)
  }
}

/** Throws unless the caller may give or take away each of the privileges. */
export function requirePrivilegeGrants(
  context: CommandContext,
  action: 'grantRole' | 'revokeRole',
  privileges: readonly Privilege[],
): void {
  for (const { resource } of privileges) {
    // What is about more than one database is a matter of the database admin.
    const db = 'db' in resource && resource.db !== '' ? resource.db : 'admin'
    if (isAllowed(context, action, { db })) continue
    const what = action === 'grantRole' ? 'grant' : 'revoke'
    throw new CommandError('Unauthorized', `Not authorized to ${what} privileges on ${db}`)
  }
}

export function requireRoles(directory: Directory, names: readonly RoleName[]): void {
  for (const name of names) {
    if (!roleExists(name, directory.findRole)) throw roleNotFound(name)
  }
}

export function roleNotFound({ role, db }: RoleName): CommandError {
  return new CommandError('RoleNotFound', `Could not find role: ${role}@${db}`)
}

export function userNotFound(user: string, db: string): CommandError {
  return new CommandError('UserNotFound', `User '${user}@${db}' not found`)
}

/** Throws when a role is built in and so cannot be changed. */
export function requireDefined(name: RoleName): void {
  if (!builtinRole(name)) return
  throw new CommandError(
    'InvalidRoleModification',
    `${name.role}@${name.db} is a built-in role and cannot be modified`,
  )
}

/** Throws when a role would reach beyond its own database, which only roles of `admin` may. */
export function requireWithinDatabase(
  db: string,
  roles: readonly RoleName[],
  privileges: readonly Privilege[],
): void {
  if (db === 'admin') return
  if (roles.some((role) => role.db !== db)) {
    throw new CommandError(
      'InvalidRoleModification',
      `Roles on the '${db}' database cannot be granted roles from other databases`,
    )
  }
  if (privileges.some(({ resource }) => !('db' in resource) || resource.db !== db)) {
    throw new CommandError(
      'InvalidRoleModification',
      `Roles on the '${db}' database cannot be granted privileges that target other databases or the cluster`,
    )
  }
}

/** Throws when one of the roles contains the role that it would be given to. */
export function requireNoRing(
  directory: Directory,
  to: RoleName,
  roles: readonly RoleName[],
): void {
  for (const role of roles) {
    const inner = directory.resolve([role]).roles
    if (!inner.some(({ role, db }) => role === to.role && db === to.db)) continue
    throw new CommandError(
      'InvalidRoleModification',
      `Granting ${role.role}@${role.db} to ${to.role}@${to.db} would introduce a cycle in the role graph`,
    )
  }
}

export function sameName(a: RoleName): (b: RoleName) => boolean {
  return (b) => a.role === b.role && a.db === b.db
}

/** The first names and those of the others that are not among them. */
export function withRoles(names: readonly RoleName[], others: readonly RoleName[]): RoleName[] {
  const all = [...names]
  for (const other of others) if (!all.some(sameName(other))) all.push(other)
  return all
}

export function withoutRoles(names: readonly RoleName[], others: readonly RoleName[]): RoleName[] {
  return names.filter((name) => !others.some(sameName(name)))
}
