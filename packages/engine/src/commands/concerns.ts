import {
  BsonType,
  isNumericType,
  type RawValue,
  readString,
  someElement,
  typeAlias,
} from '@gantry/bson'
import type { Reply } from '../engine.js'
import { CommandError, errorCodes } from '../errors.js'
import { type Arg, arg, optional } from './args.js'
import type { CommandDefinition } from './command.js'
import { toNumber, toWhole } from './long.js'
import { readDocument } from './read-args.js'
import { provenances } from './read-concern.js'

/** A write concern, checked. */
export interface WriteConcern {
  /** `w: 0`: the caller does not want to know what came of the write. */
  readonly unacknowledged: boolean
  /** Why the concern cannot be met, though the write as such is done: `writeConcernError` of the reply. */
  readonly error?: Reply
}

const MOST_MEMBERS = 50

/** Which members must have a write: a number of them, the name of a mode, or tags. */
const w: Arg<WriteConcern> = {
  takesNull: true,
  read(value) {
    if (isNumericType(value.type)) return ofCount(memberCount(value))
    if (value.type === BsonType.string) return ofMode(readString(value.buf, value.at))
    if (value.type === BsonType.object) {
      checkTags(value)
      return unsatisfiable
    }
    if (value.type === BsonType.null || value.type === BsonType.undefined) return satisfied
    throw parseError(`w has to be a number, string, or object; found: ${typeAlias(value.type)}`)
  },
  fallback: () => satisfied,
}

const satisfied: WriteConcern = { unacknowledged: false }

const unsatisfiable: WriteConcern = {
  unacknowledged: false,
  error: {
    code: errorCodes.UnsatisfiableWriteConcern,
    codeName: 'UnsatisfiableWriteConcern',
    errmsg: 'Not enough data-bearing nodes',
  },
}

/** The only member has every write. */
function ofCount(count: number): WriteConcern {
  if (count > 1) return unsatisfiable
  return count === 1 ? satisfied : { unacknowledged: true }
}

function ofMode(mode: string): WriteConcern {
  if (mode === 'majority') return satisfied
  return {
    unacknowledged: false,
    error: {
      code: errorCodes.UnknownReplWriteConcern,
      codeName: 'UnknownReplWriteConcern',
      errmsg: `No write concern mode named '${mode}' found in replica set configuration`,
    },
  }
}

function memberCount(value: RawValue): number {
  const count = toNumber(value)
  if (!Number.isFinite(count) || count <= -1 || count > MOST_MEMBERS) {
    throw parseError(
      `w has to be a non-negative number and not greater than ${MOST_MEMBERS}; found: ${count}`,
    )
  }
  return Math.trunc(count)
}

function checkTags({ buf, at, size }: RawValue): void {
  if (size <= 5) throw parseError('tagged write concern requires tags')
  someElement(buf, at, (type) => {
    if (!isNumericType(type)) {
      throw parseError(
        `tags must be a single level document with only number values; found: ${typeAlias(type)}`,
      )
    }
    return false
  })
}

function parseError(message: string): CommandError {
  return new CommandError('FailedToParse', message)
}

/** Anything that is no number counts as zero. */
const wtimeout: Arg<number> = {
  takesNull: true,
  read(value) {
    const ms = isNumericType(value.type) ? toWhole(value) : 0
    if (ms > 2 ** 31 - 1) throw parseError(`wtimeout must be a 32-bit integer, but found: ${ms}`)
    return ms
  },
  fallback: () => 0,
}

const writeConcernArgs = {
  w,
  j: optional(arg.bool),
  fsync: optional(arg.bool),
  wtimeout,
  wElectionId: optional(arg.any),
  wOpTime: optional(arg.any),
  getLastError: optional(arg.any),
  provenance: optional(arg.oneOf(provenances)),
}

/** Reads a write concern; throws when it is malformed or the command takes none. */
export function readWriteConcern(value: RawValue, command: string, takes: boolean): WriteConcern {
  const field = 'writeConcern'
  const document = arg.document.read(value, field)
  if (!takes) {
    throw new CommandError('InvalidOptions', `Command ${command} does not support writeConcern`)
  }
  return readDocument(field, writeConcernArgs, document).w
}

/** What a write answers to a caller with a write concern. */
export function withWriteConcern(
  reply: Reply,
  { silentWhenUnacknowledged }: Pick<CommandDefinition, 'silentWhenUnacknowledged'>,
  concern: WriteConcern | undefined,
): Reply {
  if (concern?.unacknowledged && silentWhenUnacknowledged) return {}
  return concern?.error ? { ...reply, writeConcernError: concern.error } : reply
}
