import type { Role } from '../auth/documents.js'
import type { UsersEditor } from '../catalog/users.js'
import type { CommandContext } from './command.js'
import { requireDefined, roleNotFound } from './principal-args.js'

/** Puts what `change` answers in the place of a defined role of the command's database; throws when there is none. */
export async function changeRole(
  { users, db }: CommandContext,
  role: string,
  change: (role: Role, directory: UsersEditor['directory']) => Role,
): Promise<void> {
  const name = { role, db }
  requireDefined(name)
  await users.edit(({ directory, putRole }) => {
    const found = directory.findRole(name)
    if (!found) throw roleNotFound(name)
    putRole(change(found, directory))
  })
}
