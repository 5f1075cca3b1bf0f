import { CommandError } from '../errors.js'
import { arg, optional } from './args.js'
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
import { changeRole } from './role-change.js'

/** Changes what is given of a role: its privileges or the roles that it contains, as a whole. */
export const updateRole = command({
  name: 'updateRole',
  help: 'Changes a role',
  access: { action: 'revokeRole', on: 'database' },
  takesWriteConcern: true,
  args: {
    updateRole: arg.string,
    privileges: optional(arg.array),
    roles: optional(arg.array),
    authenticationRestrictions: optional(arg.array),
  },
  async run(context, args) {
    const { db } = context
    if (!args.privileges && !args.roles && !args.authenticationRestrictions) {
      throw new CommandError('BadValue', 'Must specify at least one field to update in updateRole')
    }
    const roles = args.roles && readRoleNames(args.roles, db)
    const privileges = args.privileges && readPrivileges(args.privileges)
    const restrictions =
      args.authenticationRestrictions && readRestrictionArgs(args.authenticationRestrictions)
    requireWithinDatabase(db, roles ?? [], privileges ?? [])
    requireRoleGrants(context, 'grantRole', roles ?? [])
    requirePrivilegeGrants(context, 'grantRole', privileges ?? [])
    await changeRole(context, args.updateRole, (role, directory) => {
      requireRoles(directory, roles ?? [])
      requireNoRing(directory, role, roles ?? [])
      return {
        ...role,
        ...(roles && { roles }),
        ...(privileges && { privileges }),
        ...(restrictions && { restrictions }),
      }
    })
    return {}
  },
})
