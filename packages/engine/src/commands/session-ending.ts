import type { RawValue } from '@gantry/bson'
import type { Reply } from '../engine.js'
import type { LogicalSession } from '../sessions/logical-session.js'
import { arg } from './args.js'
import type { CommandContext } from './command.js'
import { readDocument } from './read-args.js'

const userArgs = { user: arg.string, db: arg.string }

/** Reads who a user is, and answers `user@db`. */
export function readUserName(field: string, value: RawValue): string {
  const { user, db } = readDocument(field, userArgs, value)
  return `${user}@${db}`
}

/** Ends the sessions that a condition holds for, with their transactions and cursors. */
export function endSessionsWhere(
  context: CommandContext,
  condition: (session: LogicalSession) => boolean,
): Reply {
  for (const session of context.logicalSessions.endWhere(condition)) {
    context.cursors.killAllWithin(session)
  }
  return {}
}
