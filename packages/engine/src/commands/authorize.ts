import {
  BsonType,
  decodeDocument,
  encodeDocument,
  readInt32,
  readString,
  skipCString,
} from '@gantry/bson'
import type { Action } from '../auth/actions.js'
import { refreshAuthentication } from '../auth/authentication.js'
import { isAuthorized, isAuthorizedWithin, permissionsOf, type Target } from '../auth/authorize.js'
import type { Directory } from '../auth/directory.js'
import { documentText } from '../element-text.js'
import { CommandError } from '../errors.js'
import type { CommandContext, CommandDefinition } from './command.js'

type Caller = Pick<CommandContext, 'session' | 'users' | 'db' | 'message'>

/**
 * Throws `Unauthorized` unless the caller may run the command. Answers a promise only when
 * users or roles have changed and must be read first.
 */
export function authorize(
  caller: Caller,
  { name, access }: Pick<CommandDefinition, 'name' | 'access'>,
): undefined | Promise<void> {
  if (caller.session.unrestricted || access === 'anyone') return undefined
  const check = (directory: Directory) => {
    const { authentication } = caller.session
    refreshAuthentication(authentication, directory)
    if (!authentication.user && isForFirstUser(caller, name, directory)) {
      authentication.permissions = toMakeFirstUser
      return
    }
    if (!authentication.user)
      throw new CommandError('Unauthorized', `Command ${name} requires authentication`)
    if (access === 'authenticated') return
    requireAction(caller, access.action, targetOf(caller, access.on))
  }
  const directory = caller.users.current()
  return directory instanceof Promise ? directory.then(check) : void check(directory)
}

/** MongoDB's localhost exception: somebody has to make the user who makes all others. */
function isForFirstUser({ session, db }: Caller, name: string, directory: Directory): boolean {
  if (!session.mayMakeFirstUser || name !== 'createUser' || db !== 'admin') return false
  return [...directory.users()].length === 0
}

const toMakeFirstUser = permissionsOf([
  { resource: { anyResource: true }, actions: ['createUser', 'grantRole'] },
])

/** Throws `Unauthorized` unless the caller may do something on top of what the command as such asks for. */
export function requireAction(caller: Caller, action: Action, target: Target): void {
  if (isAllowed(caller, action, target)) return
  throw new CommandError(
    'Unauthorized',
    `not authorized on ${caller.db} to execute command ${commandText(caller.message.body)}`,
  )
}

export function isAllowed({ session }: Caller, action: Action, target: Target): boolean {
  return session.unrestricted || isAuthorized(session.authentication.permissions, action, target)
}

/** Says whether the caller may do something to anything within a database. */
export function isAllowedWithin({ session }: Caller, action: Action, db: string): boolean {
  return session.unrestricted || isAuthorizedWithin(session.authentication.permissions, action, db)
}

function targetOf({ db, message }: Caller, on: 'collection' | 'database' | 'cluster'): Target {
  if (on === 'cluster') return { cluster: true }
  return on === 'database' ? { db } : { db, collection: firstString(message.body) }
}

/** The collection that a command names: its first element, when that is a string. */
function firstString(body: Buffer): string {
  return body[4] === BsonType.string ? readString(body, skipCString(body, 5)) : ''
}

const LONGEST_SHOWN = 4096

/** The command as messages show it, without passwords. */
function commandText(body: Buffer): string {
  if (readInt32(body, 0) > LONGEST_SHOWN)
    return `{ ${body.toString('utf8', 5, skipCString(body, 5) - 1)}: … }`
  const doc = decodeDocument(body)
  for (const secret of ['pwd', 'payload']) if (doc.has(secret)) doc.set(secret, 'xxx')
  return documentText(encodeDocument(doc), 0)
}
