import { DateTime, type Writable } from '@gantry/bson'
import type { CommandContext } from './command.js'
import { electionId, MAX_WIRE_VERSION } from './server-identity.js'
import { topologyVersion } from './topology.js'

/** Bytes of a stored document. */
export const MAX_BSON_OBJECT_SIZE = 16 * 1024 * 1024
const MAX_MESSAGE_SIZE = 48_000_000
export const MAX_WRITE_BATCH_SIZE = 100_000
export const SESSION_TIMEOUT_MINUTES = 30

/** The reply to a `hello` as far as it does not depend on what was asked. */
export function helloReply(
  context: Pick<CommandContext, 'identity' | 'session' | 'now'>,
  primaryField: 'isWritablePrimary' | 'ismaster',
): Record<string, Writable> {
  const { identity, session } = context
  const host = session.serverAddress
  return {
    topologyVersion: topologyVersion(identity),
    ...(host !== undefined && { hosts: [host] }),
    setName: identity.setName,
    setVersion: 1,
    [primaryField]: true,
    secondary: false,
    ...(host !== undefined && { primary: host, me: host }),
    electionId,
    maxBsonObjectSize: MAX_BSON_OBJECT_SIZE,
    maxMessageSizeBytes: MAX_MESSAGE_SIZE,
    maxWriteBatchSize: MAX_WRITE_BATCH_SIZE,
    localTime: DateTime.fromMs(context.now()),
    logicalSessionTimeoutMinutes: SESSION_TIMEOUT_MINUTES,
    connectionId: session.id,
    minWireVersion: 0,
    maxWireVersion: MAX_WIRE_VERSION,
    readOnly: false,
  }
}
