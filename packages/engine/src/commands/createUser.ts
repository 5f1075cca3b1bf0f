import { randomUUID } from 'node:crypto'
import { Binary, decodeDocument } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { arg, optional, withDefault } from './args.js'
import { command } from './command.js'
import {
  readRestrictionArgs,
  readRoleNames,
  requireRoleGrants,
  requireRoles,
} from './principal-args.js'
import { createCredentials, readMechanisms } from './user-credentials.js'

/** Makes a user of the command's database. */
export const createUser = command({
  name: 'createUser',
  help: 'Makes a user',
  access: { action: 'createUser', on: 'database' },
  takesWriteConcern: true,
  args: {
    createUser: arg.string,
    pwd: optional(arg.string),
    customData: optional(arg.document),
    roles: arg.array,
    digestPassword: withDefault(arg.bool, true),
    mechanisms: optional(arg.array),
    authenticationRestrictions: withDefault(arg.array, []),
  },
  async run(context, args) {
    const { db } = context
    const { createUser: name, pwd, customData } = args
    checkNewUser(name, db)
    if (pwd === undefined) {
      throw new CommandError(
        'BadValue',
        "Must provide a 'pwd' field for all user documents, except those with '$external' as the user's source db",
      )
    }
    const roles = readRoleNames(args.roles, db)
    const restrictions = readRestrictionArgs(args.authenticationRestrictions)
    requireRoleGrants(context, 'grantRole', roles)
    const mechanisms = readMechanisms(args.mechanisms)
    const credentials = await createCredentials(name, pwd, mechanisms, !args.digestPassword)
    await context.users.edit(({ directory, putUser }) => {
      if (directory.findUser(name, db)) {
        throw new CommandError(51003, `User "${name}@${db}" already exists`)
      }
      requireRoles(directory, roles)
      putUser({
        user: name,
        db,
        userId: new Binary(Buffer.from(randomUUID().replaceAll('-', ''), 'hex'), 4),
        credentials,
        customData: customData && decodeDocument(customData.buf, customData.at),
        roles,
        restrictions,
      })
    })
    return {}
  },
})

function checkNewUser(name: string, db: string): void {
  if (name === '')
    throw new CommandError('BadValue', "User document needs 'user' field to be non-empty")
  if (name.includes('\0')) {
    throw new CommandError('BadValue', 'Username cannot contain NULL characters')
  }
  if (db === 'local')
    throw new CommandError('BadValue', 'Cannot create users in the local database')
  if (db === '$external') {
    throw new CommandError('CommandNotSupported', 'users of $external are not supported')
  }
}
