import { subtractPrivileges } from '../auth/privilege.js'
import { arg } from './args.js'
import { command } from './command.js'
import { readPrivileges, requirePrivilegeGrants } from './principal-args.js'
import { changeRole } from './role-change.js'

/** Takes privileges away from a role: the named actions on exactly the named resources. */
export const revokePrivilegesFromRole = command({
  name: 'revokePrivilegesFromRole',
  help: 'Takes privileges away from a role',
  access: 'authenticated',
  takesWriteConcern: true,
  args: { revokePrivilegesFromRole: arg.string, privileges: arg.array },
  async run(context, { revokePrivilegesFromRole: name, privileges: values }) {
    const privileges = readPrivileges(values)
    requirePrivilegeGrants(context, 'revokeRole', privileges)
    await changeRole(context, name, (role) => ({
      ...role,
      privileges: subtractPrivileges(role.privileges, privileges),
    }))
    return {}
  },
})
