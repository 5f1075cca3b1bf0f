import { arg } from './args.js'
import { command } from './command.js'
import { endSessionsWhere, readUserName } from './session-ending.js'

/** Ends the sessions of some users, or all sessions when none is named, with their cursors and transactions. */
export const killAllSessions = command({
  name: 'killAllSessions',
  help: 'Ends the sessions of users',
  access: { action: 'killAnySession', on: 'cluster' },
  args: { killAllSessions: arg.documents },
  run(context, { killAllSessions: users }) {
    const names = users.map((value) => readUserName('KillAllSessionsCmd.users', value))
    return endSessionsWhere(context, ({ user }) => names.length === 0 || names.includes(user))
  },
})
