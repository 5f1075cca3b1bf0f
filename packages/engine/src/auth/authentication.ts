import type { Permissions } from './authorize.js'
import { noPermissions } from './authorize.js'
import type { Directory } from './directory.js'
import type { User } from './documents.js'
import type { Login } from './login.js'

/** What a session knows of its login: one that is under way, and who has logged in. */
export interface Authentication {
  login: Login | undefined
  /** Logins begun so far, which number their conversations. */
  conversations: number
  /** Who has logged in; undefined when nobody has, or no longer. */
  user: User | undefined
  /** What that user may do, by the users and roles of `directory`. */
  permissions: Permissions
  directory: Directory | undefined
}

export function noAuthentication(): Authentication {
  return {
    login: undefined,
    conversations: 0,
    user: undefined,
    permissions: noPermissions,
    directory: undefined,
  }
}

/**
 * Brings who is logged in in line with the users and roles as they now are. A user that was
 * removed, or removed and made anew, is not logged in any more.
 */
export function refreshAuthentication(authentication: Authentication, directory: Directory): void {
  const { user } = authentication
  if (!user || authentication.directory === directory) return
  const current = directory.findUser(user.user, user.db)
  if (!current || !isSame(user, current)) return logOut(authentication)
  logIn(authentication, current, directory)
}

export function logIn(authentication: Authentication, user: User, directory: Directory): void {
  authentication.user = user
  authentication.permissions = directory.permissionsOf(user.user, user.db)
  authentication.directory = directory
}

export function logOut(authentication: Authentication): void {
  authentication.user = undefined
  authentication.permissions = noPermissions
  authentication.directory = undefined
}

function isSame(user: User, current: User): boolean {
  if (!user.userId || !current.userId) return user.userId === current.userId
  return user.userId.bytes.equals(current.userId.bytes)
}
