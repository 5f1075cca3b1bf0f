import { decodeValue, encodeDocument, type RawValue, type Value } from '@gantry/bson'
import type { Directory } from '../auth/directory.js'
import {
  privilegeDocument,
  restrictionsValue,
  roleNameDocument,
  type User,
  userDocument,
} from '../auth/documents.js'
import { CommandError } from '../errors.js'
import { compileFilter } from '../query/compile.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import { isAllowed } from './authorize.js'
import { type CommandContext, command } from './command.js'
import { readFilter } from './query-request.js'

const usersInfoArgs = {
  usersInfo: arg.any,
  showCredentials: withDefault(arg.bool, false),
  showPrivileges: withDefault(arg.bool, false),
  showCustomData: withDefault(arg.bool, true),
  showAuthenticationRestrictions: withDefault(arg.bool, false),
  filter: optional(arg.document),
} as const

type UsersInfoArgs = ArgsOf<typeof usersInfoArgs>

/** Users by name, all of a database with `1`, or all there are with `{ forAllDBs: true }`. */
export const usersInfo = command({
  name: 'usersInfo',
  help: 'Users and their roles',
  access: 'authenticated',
  args: usersInfoArgs,
  async run(context, args) {
    const directory = await context.users.current()
    const matches = compileFilter(readFilter(context, args.filter))
    const found = usersAsked(context, directory, args)
    const docs = found.map((user) => describe(directory, user, args))
    return { users: docs.filter((doc) => matches(encodeDocument(doc), 0)) }
  },
})

function usersAsked(context: CommandContext, directory: Directory, args: UsersInfoArgs): User[] {
  const { db } = context
  const value = decoded(args.usersInfo)
  if (value instanceof Map && value.get('forAllDBs') === true) {
    if (args.showPrivileges) {
      throw new CommandError(
        'IllegalOperation',
        'Privilege or restriction details require exact-match usersInfo queries',
      )
    }
    requireView(context, { db: 'admin' })
    return [...directory.users()]
  }
  if (typeof value === 'string' || value instanceof Map || Array.isArray(value)) {
    const names = (Array.isArray(value) ? value : [value]).map((one) => readName(one, db))
    for (const name of names) requireView(context, name)
    return names.flatMap((name) => directory.findUser(name.user, name.db) ?? [])
  }
  if (args.showPrivileges || args.showAuthenticationRestrictions) {
    throw new CommandError(
      'IllegalOperation',
      'Privilege or restriction details require exact-match usersInfo queries',
    )
  }
  requireView(context, { db })
  return [...directory.users()].filter((user) => user.db === db)
}

function decoded({ buf, type, at }: RawValue): Value {
  return decodeValue(buf, type, at)
}

function readName(value: Value, db: string): { user: string; db: string } {
  if (typeof value === 'string') return { user: value, db }
  const user = value instanceof Map ? value.get('user') : undefined
  const userDb = value instanceof Map ? value.get('db') : undefined
  if (typeof user === 'string' && typeof userDb === 'string') return { user, db: userDb }
  throw new CommandError('BadValue', 'User names must be either strings or objects')
}

/** Oneself may be seen without further rights. */
function requireView(context: CommandContext, { user, db }: { user?: string; db: string }): void {
  const me = context.session.authentication.user
  const isOwn = user !== undefined && me?.user === user && me.db === db
  if (isOwn || isAllowed(context, 'viewUser', { db })) return
  throw new CommandError('Unauthorized', `Not authorized to view users from the ${db} database`)
}

function describe(directory: Directory, user: User, args: UsersInfoArgs) {
  const doc = userDocument(user)
  if (!args.showCredentials) doc.delete('credentials')
  if (!args.showCustomData) doc.delete('customData')
  doc.delete('authenticationRestrictions')
  doc.set('mechanisms', Object.keys(user.credentials))
  if (args.showAuthenticationRestrictions || args.showPrivileges) {
    doc.set('authenticationRestrictions', restrictionsValue(user.restrictions))
  }
  if (args.showPrivileges) {
    const { roles, privileges } = directory.resolve(user.roles)
    doc.set('inheritedRoles', roles.map(roleNameDocument))
    doc.set('inheritedPrivileges', privileges.map(privilegeDocument))
    const inherited = roles.map((role) => directory.findRole(role)?.restrictions ?? [])
    doc.set(
      'inheritedAuthenticationRestrictions',
      inherited.filter((one) => one.length > 0).map(restrictionsValue),
    )
  }
  return doc
}
