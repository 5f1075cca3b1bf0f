import { builtinRole } from './builtin-roles.js'
import { mergePrivileges, type Privilege, type RoleName } from './privilege.js'

/** A role that a user of the server has defined: what its own document says. */
export interface DefinedRole {
  readonly roles: readonly RoleName[]
  readonly privileges: readonly Privilege[]
}

/** Looks up a defined role, answering undefined when there is none. */
export type FindRole = (name: RoleName) => DefinedRole | undefined

export interface ResolvedRoles {
  /** The given roles that exist and all that they contain, each once, the given ones first. */
  readonly roles: readonly RoleName[]
  /** What all of them allow, one privilege per resource. */
  readonly privileges: readonly Privilege[]
}

/** Follows roles through all that they contain. Names that no role has are left out; rings do no harm. */
export function resolveRoles(names: readonly RoleName[], findRole: FindRole): ResolvedRoles {
  const found = new Map<string, RoleName>()
  const privileges: Privilege[] = []
  const waiting = [...names]
  for (let name = waiting.shift(); name; name = waiting.shift()) {
    const key = roleKey(name)
    if (found.has(key)) continue
    const role = lookUpRole(name, findRole)
    if (!role) continue
    found.set(key, { role: name.role, db: name.db })
    privileges.push(...role.privileges)
    waiting.push(...role.roles)
  }
  return { roles: [...found.values()], privileges: mergePrivileges(privileges) }
}

/** A role's own privileges and what it contains, built in or defined. A built-in one has the privileges of all within it. */
export function lookUpRole(name: RoleName, findRole: FindRole): DefinedRole | undefined {
  const builtin = builtinRole(name)
  if (!builtin) return findRole(name)
  const { privileges, contains = [] } = builtin
  const all = contains.flatMap((inner) => lookUpRole(inner, findRole)?.privileges ?? [])
  return { roles: [], privileges: mergePrivileges([...privileges, ...all]) }
}

export function roleExists(name: RoleName, findRole: FindRole): boolean {
  return builtinRole(name) !== undefined || findRole(name) !== undefined
}

/** The `_id` of a role's or user's document. */
export function roleKey({ db, role }: RoleName): string {
  return `${db}.${role}`
}
