import { decodeValue, type RawValue, type Value, type Writable } from '@gantry/bson'
import { builtinRole, builtinRoleNames } from '../auth/builtin-roles.js'
import type { Directory } from '../auth/directory.js'
import { privilegeDocument, restrictionsValue, roleNameDocument } from '../auth/documents.js'
import { mergePrivileges, type RoleName } from '../auth/privilege.js'
import { lookUpRole } from '../auth/roles.js'
import { CommandError } from '../errors.js'
import { arg, optional, withDefault } from './args.js'
import { isAllowed } from './authorize.js'
import { type CommandContext, command } from './command.js'

/** Roles by name, or all of a database with `1`. */
export const rolesInfo = command({
  name: 'rolesInfo',
  help: 'Roles and what they allow',
  access: 'authenticated',
  args: {
    rolesInfo: arg.any,
    showPrivileges: optional(arg.any),
    showBuiltinRoles: withDefault(arg.bool, false),
    showAuthenticationRestrictions: withDefault(arg.bool, false),
  },
  async run(context, args) {
    const directory = await context.users.current()
    const names = namesAsked(context, directory, args.rolesInfo, args.showBuiltinRoles)
    const show = {
      privileges: isTrue(args.showPrivileges),
      restrictions: args.showAuthenticationRestrictions,
    }
    if (isFragment(args.showPrivileges)) {
      throw new CommandError(
        'CommandNotSupported',
        "rolesInfo with showPrivileges 'asUserFragment' is not supported",
      )
    }
    return { roles: names.flatMap((name) => describe(directory, name, show)) }
  },
})

function isTrue(value: RawValue | undefined): boolean {
  return value !== undefined && decodeValue(value.buf, value.type, value.at) === true
}

function isFragment(value: RawValue | undefined): boolean {
  return value !== undefined && decodeValue(value.buf, value.type, value.at) === 'asUserFragment'
}

function namesAsked(
  context: CommandContext,
  directory: Directory,
  asked: RawValue,
  showBuiltin: boolean,
): RoleName[] {
  const { db } = context
  const value = decodeValue(asked.buf, asked.type, asked.at)
  if (typeof value === 'string' || value instanceof Map || Array.isArray(value)) {
    const values = Array.isArray(value) ? value : [value]
    const names = values.map((one) => readName(one, db))
    for (const name of names) requireView(context, name)
    return names
  }
  requireView(context, { db })
  const defined = [...directory.roles()].filter((role) => role.db === db)
  const builtin = showBuiltin ? builtinRoleNames(db).map((role) => ({ role, db })) : []
  return [...defined, ...builtin]
}

function readName(value: Value, db: string): RoleName {
  if (typeof value === 'string') return { role: value, db }
  const role = value instanceof Map ? value.get('role') : undefined
  const roleDb = value instanceof Map ? value.get('db') : undefined
  if (typeof role === 'string' && typeof roleDb === 'string') return { role, db: roleDb }
  throw new CommandError('BadValue', 'Role names must be either strings or objects')
}

/** One's own roles may be seen without further rights. */
function requireView(context: CommandContext, { role, db }: { role?: string; db: string }): void {
  const { user } = context.session.authentication
  const isOwn = user?.roles.some((own) => own.role === role && own.db === db)
  if (isOwn || isAllowed(context, 'viewRole', { db })) return
  throw new CommandError('Unauthorized', `Not authorized to view roles from the ${db} database`)
}

function describe(
  directory: Directory,
  name: RoleName,
  show: { privileges: boolean; restrictions: boolean },
): Writable[] {
  const role = lookUpRole(name, directory.findRole)
  if (!role) return []
  const inherited = directory.resolve(role.roles)
  const all = mergePrivileges([...role.privileges, ...inherited.privileges])
  const restrictions = directory.findRole(name)?.restrictions ?? []
  const doc: { [name: string]: Writable | undefined } = {
    _id: `${name.db}.${name.role}`,
    role: name.role,
    db: name.db,
    roles: role.roles.map(roleNameDocument),
    inheritedRoles: inherited.roles.map(roleNameDocument),
    isBuiltin: builtinRole(name) !== undefined,
    privileges: show.privileges ? role.privileges.map(privilegeDocument) : undefined,
    inheritedPrivileges: show.privileges ? all.map(privilegeDocument) : undefined,
    authenticationRestrictions: show.restrictions ? restrictionsValue(restrictions) : undefined,
  }
  return [doc]
}
