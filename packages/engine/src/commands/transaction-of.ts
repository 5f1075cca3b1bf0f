import { CommandError } from '../errors.js'
import type { LogicalSession } from '../sessions/logical-session.js'
import type { CommandContext } from './command.js'

/** The session and number that a command which ends a transaction must come with. */
export function transactionOf({ logicalSession, txnNumber, operation }: CommandContext): {
  session: LogicalSession
  txnNumber: bigint
} {
  if (!logicalSession || txnNumber === undefined) {
    throw new CommandError(
      'InvalidOptions',
      `${operation.command} must be run within a transaction`,
    )
  }
  return { session: logicalSession, txnNumber }
}
