import { arg } from './args.js'
import { command } from './command.js'
import {
  readRoleNames,
  requireRoleGrants,
  requireRoles,
  userNotFound,
  withoutRoles,
} from './principal-args.js'

/** Takes roles away from a user. */
export const revokeRolesFromUser = command({
  name: 'revokeRolesFromUser',
  help: 'Takes roles away from a user',
  access: 'authenticated',
  takesWriteConcern: true,
  args: { revokeRolesFromUser: arg.string, roles: arg.array },
  async run(context, { revokeRolesFromUser: name, roles: values }) {
    const { db, users } = context
    const roles = readRoleNames(values, db)
    requireRoleGrants(context, 'revokeRole', roles)
    await users.edit(({ directory, putUser }) => {
      const user = directory.findUser(name, db)
      if (!user) throw userNotFound(name, db)
      requireRoles(directory, roles)
      putUser({ ...user, roles: withoutRoles(user.roles, roles) })
    })
    return {}
  },
})
