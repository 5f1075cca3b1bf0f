import { mergePrivileges } from '../auth/privilege.js'
import { arg } from './args.js'
import { command } from './command.js'
import { readPrivileges, requirePrivilegeGrants, requireWithinDatabase } from './principal-args.js'
import { changeRole } from './role-change.js'

/** Adds privileges to a role. */
export const grantPrivilegesToRole = command({
  name: 'grantPrivilegesToRole',
  help: 'Adds privileges to a role',
  access: 'authenticated',
  takesWriteConcern: true,
  args: { grantPrivilegesToRole: arg.string, privileges: arg.array },
  async run(context, { grantPrivilegesToRole: name, privileges: values }) {
    const privileges = readPrivileges(values)
    requirePrivilegeGrants(context, 'grantRole', privileges)
    requireWithinDatabase(context.db, [], privileges)
    await changeRole(context, name, (role) => ({
      ...role,
      privileges: mergePrivileges([...role.privileges, ...privileges]),
    }))
    return {}
  },
})
