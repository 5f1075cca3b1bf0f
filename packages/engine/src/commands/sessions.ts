import { randomUUID } from 'node:crypto'
import { Binary, type RawValue } from '@gantry/bson'
import type { Reply } from '../engine.js'
import { SESSION_TIMEOUT_MINUTES } from '../sessions/logical-session.js'
import { arg } from './args.js'
import { type CommandContext, command } from './command.js'

/** Names a new session; drivers usually make up their own. */
export const startSession = command({
  name: 'startSession',
  help: 'Names a new session',
  access: 'authenticated',
  args: { startSession: arg.any },
  run() {
    const id = new Binary(Buffer.from(randomUUID().replaceAll('-', ''), 'hex'), 4)
    return { id: { id }, timeoutMinutes: SESSION_TIMEOUT_MINUTES }
  },
})

/** Ends sessions, giving up their open transactions. */
export const endSessions = command({
  name: 'endSessions',
  help: 'Ends sessions',
  access: 'anyone',
  args: { endSessions: arg.documents },
  run: (context, { endSessions: lsids }) => endAll(context, lsids),
})

/** Keeps sessions from being forgotten. */
export const refreshSessions = command({
  name: 'refreshSessions',
  help: 'Keeps sessions from being forgotten',
  access: 'authenticated',
  args: { refreshSessions: arg.documents },
  run(context, { refreshSessions: lsids }) {
    for (const lsid of lsids) context.logicalSessions.get(lsid, context.userName)
    return {}
  },
})

/** Ends the caller's sessions at once. */
export const killSessions = command({
  name: 'killSessions',
  help: 'Ends sessions at once',
  access: 'authenticated',
  args: { killSessions: arg.documents },
  run: (context, { killSessions: lsids }) => endAll(context, lsids),
})

function endAll(context: CommandContext, lsids: readonly RawValue[]): Reply {
  for (const lsid of lsids) {
    const ended = context.logicalSessions.end(lsid, context.userName)
    if (ended) context.cursors.killAllWithin(ended)
  }
  return {}
}
