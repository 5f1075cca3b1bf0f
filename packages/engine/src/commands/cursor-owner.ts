import { CommandError } from '../errors.js'
import type { CommandContext } from './command.js'
import type { Cursor } from './cursors.js'

/** Says whether a cursor is the caller's: made on the same session, or by the same user on another. */
export function isOwner({ session }: CommandContext, cursor: Cursor): boolean {
  if (session.internal || cursor.session === session) return true
  const me = session.authentication.user
  const owner = cursor.session.authentication.user
  return me !== undefined && me.user === owner?.user && me.db === owner.db
}

export function notOwner(id: bigint): CommandError {
  return new CommandError(
    'Unauthorized',
    `cursor id ${id} was not created by the authenticated user`,
  )
}
