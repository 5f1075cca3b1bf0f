import { refreshAuthentication } from '../auth/authentication.js'
import { privilegeDocument, roleNameDocument } from '../auth/documents.js'
import { arg, withDefault } from './args.js'
import { command } from './command.js'

/** Who has logged in on the connection, with which roles and, if asked, privileges. */
export const connectionStatus = command({
  name: 'connectionStatus',
  help: 'Who has logged in on the connection',
  access: 'anyone',
  args: { connectionStatus: arg.any, showPrivileges: withDefault(arg.bool, false) },
  async run({ session, users }, { showPrivileges }) {
    const directory = await users.current()
    refreshAuthentication(session.authentication, directory)
    const { user } = session.authentication
    const { roles, privileges } = directory.resolve(user?.roles ?? [])
    return {
      authInfo: {
        authenticatedUsers: user ? [{ user: user.user, db: user.db }] : [],
        authenticatedUserRoles: roles.map(roleNameDocument),
        ...(showPrivileges && { authenticatedUserPrivileges: privileges.map(privilegeDocument) }),
      },
    }
  },
})
