import { builtinRole } from '../auth/builtin-roles.js'
import { CommandError } from '../errors.js'
import { arg, withDefault } from './args.js'
import { command } from './command.js'
import {
  readPrivileges,
  readRestrictionArgs,
  readRoleNames,
  requireNoRing,
  requirePrivilegeGrants,
  requireRoleGrants,
  requireRoles,
  requireWithinDatabase,
} from './principal-args.js'

/** Makes a role of the command's database. */
export const createRole = command({
  name: 'createRole',
  help: 'Makes a role',
  access: { action: 'createRole', on: 'database' },
  takesWriteConcern: true,
  args: {
    createRole: arg.string,
    privileges: arg.array,
    roles: arg.array,
    authenticationRestrictions: withDefault(arg.array, []),
  },
  async run(context, args) {
    const { db } = context
    const name = { role: args.createRole, db }
    checkNewRole(args.createRole, db)
    const roles = readRoleNames(args.roles, db)
    const privileges = readPrivileges(args.privileges)
    const restrictions = readRestrictionArgs(args.authenticationRestrictions)
    requireWithinDatabase(db, roles, privileges)
    requireRoleGrants(context, 'grantRole', roles)
    requirePrivilegeGrants(context, 'grantRole', privileges)
    await context.users.edit(({ directory, putRole }) => {
      if (directory.findRole(name)) {
        throw new CommandError(51002, `Role "${name.role}@${db}" already exists`)
      }
      requireRoles(directory, roles)
      requireNoRing(directory, name, roles)
      putRole({ ...name, roles, privileges, restrictions })
    })
    return {}
  },
})

function checkNewRole(role: string, db: string): void {
  if (role === '') throw new CommandError('BadValue', 'Role name must be non-empty')
  if (db === 'local')
    throw new CommandError('BadValue', 'Cannot create roles in the local database')
  if (db === '$external') {
    throw new CommandError('BadValue', 'Cannot create roles in the $external database')
  }
  if (builtinRole({ role, db })) {
    throw new CommandError('BadValue', 'Cannot create roles with the same name as a built-in role')
  }
}
