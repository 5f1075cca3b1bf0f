import {
  BsonType,
  decodeDocument,
  encodeDocument,
  type RawValue,
  readInt32,
  Timestamp,
} from '@gantry/bson'
import { documentText } from '../element-text.js'
import { CommandError } from '../errors.js'
import { type Arg, type ArgsOf, arg, optional, wrongType } from './args.js'
import { readDocument } from './read-args.js'

/** Where a concern may say that it comes from. */
export const provenances = [
  'clientSupplied',
  'implicitDefault',
  'customDefault',
  'getLastErrorDefaults',
  'internalWriteDefault',
]

const levels = ['local', 'majority', 'linearizable', 'available', 'snapshot']

const timestamp: Arg<RawValue> = {
  takesNull: true,
  read(value, field) {
    if (value.type === BsonType.timestamp) return value
    throw wrongType(field, value, 'timestamp')
  },
}

const readConcernArgs = {
  level: optional(arg.oneOf(levels)),
  provenance: optional(arg.oneOf(provenances)),
  afterClusterTime: { ...timestamp, fallback: () => undefined } as Arg<RawValue | undefined>,
  atClusterTime: { ...timestamp, fallback: () => undefined } as Arg<RawValue | undefined>,
  afterOpTime: optional(arg.document),
}

/** Which state of the data a read is to see. */
export interface ReadConcern {
  readonly level?: string
  /** With the level `snapshot` only: the time whose data are to be read. */
  readonly atClusterTime?: Timestamp
}

/** Reads a read concern; throws unless it is well-formed and the command takes one. The level `local` goes with all. */
export function readReadConcern(
  value: RawValue,
  command: string,
  takes: (level: string) => boolean,
): ReadConcern {
  const field = 'readConcern'
  const concern = readDocument(field, readConcernArgs, arg.document.read(value, field))
  const { level = 'local', atClusterTime } = concern
  if (atClusterTime) checkAtClusterTime(concern)
  if (takes(level)) return { level, atClusterTime: atClusterTime && timestampIn(atClusterTime) }
  const text = documentText(encodeDocument(decodeDocument(value.buf, value.at)), 0)
  if (level !== 'local') {
    throw new CommandError(
      'InvalidOptions',
      `Command ${command} does not support { readConcern: ${text} } :: caused by :: read concern not supported`,
    )
  }
  return { level }
}

function checkAtClusterTime(concern: ArgsOf<typeof readConcernArgs>): void {
  const { level, afterClusterTime, atClusterTime } = concern
  const refuse = (message: string) => new CommandError('InvalidOptions', message)
  if (afterClusterTime) {
    throw refuse('readConcern cannot have both afterClusterTime and atClusterTime')
  }
  if (level !== 'snapshot') {
    throw refuse(
      'readConcern.atClusterTime field can be set only if readConcern.level is equal to snapshot',
    )
  }
  const time = atClusterTime && timestampIn(atClusterTime)
  if (time && time.t === 0 && time.i === 0) {
    throw refuse('readConcern.atClusterTime cannot be a null timestamp')
  }
}

function timestampIn({ buf, at }: RawValue): Timestamp {
  return new Timestamp(readInt32(buf, at + 4) >>> 0, readInt32(buf, at) >>> 0)
}
