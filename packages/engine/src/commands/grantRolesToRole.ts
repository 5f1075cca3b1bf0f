import { arg } from './args.js'
import { command } from './command.js'
import {
  readRoleNames,
  requireNoRing,
  requireRoleGrants,
  requireRoles,
  requireWithinDatabase,
  withRoles,
} from './principal-args.js'
import { changeRole } from './role-change.js'

/** Has a role contain further roles. */
export const grantRolesToRole = command({
  name: 'grantRolesToRole',
  help: 'Has a role contain further roles',
  access: 'authenticated',
  takesWriteConcern: true,
  args: { grantRolesToRole: arg.string, roles: arg.array },
  async run(context, { grantRolesToRole: name, roles: values }) {
    const roles = readRoleNames(values, context.db)
    requireRoleGrants(context, 'grantRole', roles)
    requireWithinDatabase(context.db, roles, [])
    await changeRole(context, name, (role, directory) => {
      requireRoles(directory, roles)
      requireNoRing(directory, role, roles)
      return { ...role, roles: withRoles(role.roles, roles) }
    })
    return {}
  },
})
