import type { RoleName } from '../auth/privilege.js'
import type { UsersEditor } from '../catalog/users.js'
import { sameName, withoutRoles } from './principal-args.js'

/** Removes roles, and takes them away from all users and roles that have them. */
export function removeRoles(editor: UsersEditor, names: readonly RoleName[]): void {
  const { directory } = editor
  const has = (roles: readonly RoleName[]) => roles.some((role) => names.some(sameName(role)))
  for (const user of directory.users()) {
    if (has(user.roles)) editor.putUser({ ...user, roles: withoutRoles(user.roles, names) })
  }
  for (const role of directory.roles()) {
    if (has(role.roles)) editor.putRole({ ...role, roles: withoutRoles(role.roles, names) })
  }
  for (const name of names) editor.removeRole(name)
}
