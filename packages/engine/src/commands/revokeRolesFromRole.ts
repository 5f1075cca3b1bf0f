import { arg } from './args.js'
import { command } from './command.js'
import { readRoleNames, requireRoleGrants, requireRoles, withoutRoles } from './principal-args.js'
import { changeRole } from './role-change.js'

/** Takes roles out of a role. */
export const revokeRolesFromRole = command({
  name: 'revokeRolesFromRole',
  help: 'Takes roles out of a role',
  access: 'authenticated',
  takesWriteConcern: true,
  args: { revokeRolesFromRole: arg.string, roles: arg.array },
  async run(context, { revokeRolesFromRole: name, roles: values }) {
    const roles = readRoleNames(values, context.db)
    requireRoleGrants(context, 'revokeRole', roles)
    await changeRole(context, name, (role, directory) => {
      requireRoles(directory, roles)
      return { ...role, roles: withoutRoles(role.roles, roles) }
    })
    return {}
  },
})
