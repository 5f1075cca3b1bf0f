import { decodeDocument } from '@gantry/bson'
import { mechanisms as allMechanisms } from '../auth/credential.js'
import type { User } from '../auth/documents.js'
import { CommandError } from '../errors.js'
import { type ArgsOf, arg, optional, withDefault } from './args.js'
import { isAllowed } from './authorize.js'
import { type CommandContext, command } from './command.js'
import {
  readRestrictionArgs,
  readRoleNames,
  requireRoleGrants,
  requireRoles,
  userNotFound,
} from './principal-args.js'
import { createCredentials, readMechanisms } from './user-credentials.js'

const updateUserArgs = {
  updateUser: arg.string,
  pwd: optional(arg.string),
  customData: optional(arg.document),
  roles: optional(arg.array),
  digestPassword: withDefault(arg.bool, true),
  mechanisms: optional(arg.array),
  authenticationRestrictions: optional(arg.array),
} as const

type UpdateUserArgs = ArgsOf<typeof updateUserArgs>

/** Changes what is given of a user: the password, roles, data. */
export const updateUser = command({
  name: 'updateUser',
  help: 'Changes a user',
  access: 'authenticated',
  takesWriteConcern: true,
  args: updateUserArgs,
  async run(context, args) {
    const { db, users } = context
    const name = args.updateUser
    const change = await readChange(context, args)
    await users.edit(({ directory, putUser }) => {
      const user = directory.findUser(name, db)
      if (!user) throw userNotFound(name, db)
      if (change.roles) requireRoles(directory, change.roles)
      putUser({ ...user, ...change, credentials: keptCredentials(user, change, args) })
    })
    return {}
  },
})

async function readChange(context: CommandContext, args: UpdateUserArgs): Promise<Partial<User>> {
  const { updateUser: name, pwd, customData, roles, mechanisms, authenticationRestrictions } = args
  if (![pwd, customData, roles, mechanisms, authenticationRestrictions].some((x) => x)) {
    throw new CommandError('BadValue', 'Must specify at least one field to update in updateUser')
  }
  checkRights(context, args)
  const names = roles && readRoleNames(roles, context.db)
  if (names) {
    requireRoleGrants(context, 'grantRole', names)
    await requireRevokes(context, name)
  }
  return {
    ...(pwd !== undefined && {
      credentials: await createCredentials(
        name,
        pwd,
        mechanisms
          ? readMechanisms(mechanisms)
          : args.digestPassword
            ? allMechanisms
            : ['SCRAM-SHA-1'],
        !args.digestPassword,
      ),
    }),
    ...(customData && { customData: decodeDocument(customData.buf, customData.at) }),
    ...(names && { roles: names }),
    ...(authenticationRestrictions && {
      restrictions: readRestrictionArgs(authenticationRestrictions),
    }),
  }
}

/** Each field asks for a right of its own; one's own password and data for less. */
function checkRights(context: CommandContext, args: UpdateUserArgs): void {
  const { db, session } = context
  const name = args.updateUser
  const me = session.authentication.user
  const isOwn = me?.user === name && me.db === db
  const may = (
    action: 'changePassword' | 'changeCustomData',
    own: 'changeOwnPassword' | 'changeOwnCustomData',
  ) => isAllowed(context, action, { db }) || (isOwn && isAllowed(context, own, { db }))
  const refuse = (what: string) =>
    new CommandError('Unauthorized', `Not authorized to change ${what} of user: ${name}@${db}`)
  if ((args.pwd !== undefined || args.mechanisms) && !may('changePassword', 'changeOwnPassword')) {
    throw refuse('password')
  }
  if (args.customData && !may('changeCustomData', 'changeOwnCustomData')) throw refuse('customData')
  if (
    args.authenticationRestrictions &&
    !isAllowed(context, 'setAuthenticationRestriction', { db })
  ) {
    throw refuse('authenticationRestrictions')
  }
}

/** The roles that a user has now go away with new ones. */
async function requireRevokes(context: CommandContext, name: string): Promise<void> {
  const directory = await context.users.current()
  requireRoleGrants(context, 'revokeRole', directory.findUser(name, context.db)?.roles ?? [])
}

/** New credentials take the place of all; mechanisms without a password only choose among those that are there. */
function keptCredentials(
  user: User,
  { credentials }: Partial<User>,
  { mechanisms }: UpdateUserArgs,
): User['credentials'] {
  if (credentials) return credentials
  if (!mechanisms) return user.credentials
  const wanted = readMechanisms(mechanisms)
  const missing = wanted.find((mechanism) => !user.credentials[mechanism])
  if (missing) {
    throw new CommandError(
      'BadValue',
      'mechanisms field must be a subset of previously set mechanisms',
    )
  }
  return Object.fromEntries(wanted.map((mechanism) => [mechanism, user.credentials[mechanism]]))
}
