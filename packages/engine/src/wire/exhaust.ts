import { BsonType, decodeDocument, encodeDocument, findElement, type Writable } from '@gantry/bson'
import type { CommandMessage, Reply } from '../engine.js'
import { commandName } from './op-msg.js'

const topologyVersionName = Buffer.from('topologyVersion')
const maxAwaitName = Buffer.from('maxAwaitTimeMS')

const helloNames = new Set(['hello', 'isMaster', 'ismaster'])

const LETTER_H = 0x68
const LETTER_I = 0x69

/** Says whether a request is the handshake, under any of its names. */
export function isHello({ body }: CommandMessage): boolean {
  // Most commands are ruled out by their first letter, without making a string.
  return (body[5] === LETTER_H || body[5] === LETTER_I) && helloNames.has(commandName(body))
}

/** Says whether a request is a monitor's, whose answer may well take its time. */
export function isAwaitableHello(message: CommandMessage): boolean {
  return isHello(message) && findElement(message.body, 0, maxAwaitName) !== -1
}

/**
 * The request that a client allowing exhaust wants answered next without sending it,
 * or undefined when this reply is the last. Only a monitoring `hello` and `getMore` go on so.
 */
export function nextOfExhaust(message: CommandMessage, reply: Reply): CommandMessage | undefined {
  if (isHello(message)) return nextHello(message, reply)
  return commandName(message.body) === 'getMore' && hasMore(reply) ? message : undefined
}

function hasMore({ cursor }: Reply): boolean {
  if (typeof cursor !== 'object' || cursor === null || !('id' in cursor)) return false
  return cursor.id !== 0n
}

/** The same `hello`, waiting for a change from the topology version that this reply told. */
function nextHello(
  message: CommandMessage,
  { topologyVersion }: Reply,
): CommandMessage | undefined {
  const at = findElement(message.body, 0, topologyVersionName)
  if (at === -1 || message.body[at] !== BsonType.object || topologyVersion === undefined)
    return undefined
  const body: Map<string, Writable> = new Map(decodeDocument(message.body))
  body.set('topologyVersion', topologyVersion)
  return { body: encodeDocument(body) }
}
