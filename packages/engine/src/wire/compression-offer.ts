import { BsonType, decodeValue, findElement } from '@gantry/bson'
import type { CommandMessage, Reply } from '../engine.js'
import { compressors } from './compression.js'
import { isHello } from './exhaust.js'

const compressionName = Buffer.from('compression')

/** A reply to `hello` with those of the offered compressors that can be used, in the client's order; other replies as they are. */
export function withCompression(message: CommandMessage, reply: Reply): Reply {
  if (!isHello(message)) return reply
  const { body } = message
  const at = findElement(body, 0, compressionName)
  if (at === -1 || body[at] !== BsonType.array) return reply
  const offered = decodeValue(body, BsonType.array, at + compressionName.length + 2)
  if (!Array.isArray(offered)) return reply
  const common = offered.filter((name) => compressors.some((one) => one.name === name))
  return common.length > 0 ? { ...reply, compression: common } : reply
}
