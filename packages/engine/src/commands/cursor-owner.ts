import { CommandError } from '../errors.js'
import type { CommandContext } from './command.js'
import type { Cursor, CursorScope } from './cursors.js'

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

/** What a cursor that a command makes belongs to. */
export function scopeOf({ logicalSession, transaction, txnNumber }: CommandContext): CursorScope {
  return transaction ? { logicalSession, txnNumber } : { logicalSession }
}

/** Throws unless a cursor is read in the logical session and the transaction that it was made in. */
export function checkScope(context: CommandContext, { id, within }: Cursor): void {
  const { logicalSession, txnNumber } = scopeOf(context)
  const refuse = (code: number, why: string) =>
    new CommandError(code, `Cannot run getMore on cursor ${id}, which was ${why}`)
  if (within.logicalSession !== logicalSession) {
    if (!logicalSession) throw refuse(50736, 'created in a session, without an lsid')
    if (!within.logicalSession) throw refuse(50737, 'not created in a session, in a session')
    throw refuse(50738, 'created in another session')
  }
  if (within.txnNumber === txnNumber) return
  if (txnNumber === undefined) throw refuse(50739, 'created in a transaction, without a txnNumber')
  if (within.txnNumber === undefined) throw refuse(50740, 'not created in a transaction, in one')
  throw refuse(50741, 'created in another transaction')
}
