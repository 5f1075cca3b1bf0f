import { createHash } from 'node:crypto'
import { type Binary, decodeValue, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type LogicalSession, sessionId } from '../sessions/logical-session.js'
import { arg, optional } from './args.js'
import { command } from './command.js'
import { readDocument } from './read-args.js'
import { endSessionsWhere, readUserName } from './session-ending.js'

const patternArgs = {
  lsid: optional(arg.document),
  uid: optional(arg.binary),
  users: optional(arg.documents),
  roles: optional(arg.documents),
}

/** Ends the sessions that one of some patterns fits, or all sessions when there is none. */
export const killAllSessionsByPattern = command({
  name: 'killAllSessionsByPattern',
  help: 'Ends the sessions that fit patterns',
  access: { action: 'killAnySession', on: 'cluster' },
  args: { killAllSessionsByPattern: arg.documents },
  run(context, { killAllSessionsByPattern: patterns }) {
    const conditions = patterns.map(conditionOf)
    return endSessionsWhere(
      context,
      (session) => conditions.length === 0 || conditions.some((fits) => fits(session)),
    )
  },
})

/** A session fits a pattern when it fits all that the pattern names. */
function conditionOf(pattern: RawValue): (session: LogicalSession) => boolean {
  const field = 'KillAllSessionsByPattern.patterns'
  const { lsid, uid, users, roles } = readDocument(field, patternArgs, pattern)
  if (roles) {
    throw new CommandError(
      'CommandNotSupported',
      'killAllSessionsByPattern by roles is not supported',
    )
  }
  const names = users?.map((value) => readUserName(`${field}.users`, value))
  const id = lsid && sessionId(lsid)
  const digest = uid && (decodeValue(uid.buf, uid.type, uid.at) as Binary).bytes
  return (session) =>
    (!names || names.includes(session.user)) &&
    (id === undefined || id === sessionId(session.lsid)) &&
    (!digest || createHash('sha256').update(session.user).digest().equals(digest))
}
