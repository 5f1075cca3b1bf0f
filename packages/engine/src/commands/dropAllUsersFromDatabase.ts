import { arg } from './args.js'
import { command } from './command.js'

/** Removes all users of the command's database. */
export const dropAllUsersFromDatabase = command({
  name: 'dropAllUsersFromDatabase',
  help: 'Removes all users of a database',
  access: { action: 'dropUser', on: 'database' },
  takesWriteConcern: true,
  args: { dropAllUsersFromDatabase: arg.any },
  run({ db, users }) {
    return users.edit(({ directory, removeUser }) => {
      const own = [...directory.users()].filter((user) => user.db === db)
      for (const { user } of own) removeUser(user, db)
      return { n: own.length }
    })
  },
})
