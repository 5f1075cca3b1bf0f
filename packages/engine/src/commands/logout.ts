import { logOut } from '../auth/authentication.js'
import { arg } from './args.js'
import { command } from './command.js'

/** Ends the login of the connection, when the user is of the database that the command is for. */
export const logout = command({
  name: 'logout',
  help: 'Ends the login of the connection',
  access: 'anyone',
  args: { logout: arg.any },
  run({ session: { authentication }, db }) {
    if (authentication.user?.db === db) logOut(authentication)
    return {}
  },
})
