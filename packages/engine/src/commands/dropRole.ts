import { arg } from './args.js'
import { command } from './command.js'
import { requireDefined, roleNotFound } from './principal-args.js'
import { removeRoles } from './role-removal.js'

/** Removes a role, also from the users and roles that have it. */
export const dropRole = command({
  name: 'dropRole',
  help: 'Removes a role',
  access: { action: 'dropRole', on: 'database' },
  takesWriteConcern: true,
  args: { dropRole: arg.string },
  async run({ db, users }, { dropRole: role }) {
    const name = { role, db }
    requireDefined(name)
    await users.edit((editor) => {
      if (!editor.directory.findRole(name)) throw roleNotFound(name)
      removeRoles(editor, [name])
    })
    return {}
  },
})
