import { arg } from './args.js'
import { command } from './command.js'
import {
  readRoleNames,
  requireRoleGrants,
  requireRoles,
  userNotFound,
  withRoles,
} from './principal-args.js'

/** Gives a user further roles. */
export const grantRolesToUser = command({
  name: 'grantRolesToUser',
  help: 'Gives a user further roles',
  access: 'authenticated',
  takesWriteConcern: true,
  args: { grantRolesToUser: arg.string, roles: arg.array },
  async run(context, { grantRolesToUser: name, roles: values }) {
    const { db, users } = context
    const roles = readRoleNames(values, db)
    requireRoleGrants(context, 'grantRole', roles)
    await users.edit(({ directory, putUser }) => {
      const user = directory.findUser(name, db)
      if (!user) throw userNotFound(name, db)
      requireRoles(directory, roles)
      putUser({ ...user, roles: withRoles(user.roles, roles) })
    })
    return {}
  },
})
