import { type Doc, Timestamp } from '@gantry/bson'
import { CommandError } from '../errors.js'

/**
 * Where a change stream has come to. Shown to clients as `{_data: hex}`, whose order is
 * that of time; to them it means nothing else.
 */
export interface ResumeToken {
  readonly ts: Timestamp
  /** `invalidate`: behind the event that ended the stream; `between`: no event's own, but a point that was reached. */
  readonly kind: 'event' | 'invalidate' | 'between'
}

const kinds = ['event', 'invalidate', 'between'] as const
const VERSION = 0x82

export function encodeToken({ ts, kind }: ResumeToken): Doc {
  const bytes = Buffer.alloc(10)
  bytes[0] = VERSION
  bytes.writeUInt32BE(ts.t, 1)
  bytes.writeUInt32BE(ts.i, 5)
  bytes[9] = kinds.indexOf(kind)
  return new Map([['_data', bytes.toString('hex').toUpperCase()]])
}

export function decodeToken(token: Doc): ResumeToken {
  const data = token.get('_data')
  const bytes =
    typeof data === 'string' && /^[0-9A-Fa-f]{20}$/.test(data)
      ? Buffer.from(data, 'hex')
      : undefined
  const kind = bytes && kinds[bytes[9]]
  if (!bytes || bytes[0] !== VERSION || !kind) {
    throw new CommandError(
      'InvalidResumeToken',
      'The resume token is not one that this server has given out',
    )
  }
  return { ts: new Timestamp(bytes.readUInt32BE(1), bytes.readUInt32BE(5)), kind }
}
