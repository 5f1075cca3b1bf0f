import { arg } from './args.js'
import { command } from './command.js'
import { userNotFound } from './principal-args.js'

/** Removes a user. Connections on which the user has logged in lose all rights. */
export const dropUser = command({
  name: 'dropUser',
  help: 'Removes a user',
  access: { action: 'dropUser', on: 'database' },
  takesWriteConcern: true,
  args: { dropUser: arg.string },
  async run({ db, users }, { dropUser: name }) {
    await users.edit(({ directory, removeUser }) => {
      if (!directory.findUser(name, db)) throw userNotFound(name, db)
      removeUser(name, db)
    })
    return {}
  },
})
