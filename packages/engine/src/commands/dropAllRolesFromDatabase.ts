import { arg } from './args.js'
import { command } from './command.js'
import { removeRoles } from './role-removal.js'

/** Removes all roles that have been defined in the command's database. */
export const dropAllRolesFromDatabase = command({
  name: 'dropAllRolesFromDatabase',
  help: 'Removes all roles of a database',
  access: { action: 'dropRole', on: 'database' },
  takesWriteConcern: true,
  args: { dropAllRolesFromDatabase: arg.any },
  run({ db, users }) {
    return users.edit((editor) => {
      const own = [...editor.directory.roles()].filter((role) => role.db === db)
      removeRoles(editor, own)
      return { n: own.length }
    })
  },
})
