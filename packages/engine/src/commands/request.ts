import { BsonType, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { checkApiVersion } from './api-version.js'
import { arg, isGiven, wrongType } from './args.js'
import type { CommandDefinition } from './command.js'
import { readWriteConcern, type WriteConcern } from './concerns.js'
import { type ReadConcern, readReadConcern } from './read-concern.js'

/** What any command may say beside its own arguments. */
export interface RequestOptions {
  readonly lsid?: RawValue
  readonly txnNumber?: bigint
  /** `false` within a multi-document transaction; never given otherwise. */
  readonly autocommit?: boolean
  readonly startTransaction?: boolean
  readonly stmtId?: number
  readonly stmtIds?: readonly number[]
  readonly maxTimeMS?: number
  readonly writeConcern?: WriteConcern
  readonly readConcern?: ReadConcern
}

export type GenericArgs = Readonly<Record<string, RawValue>>

/** Reads and checks the generic arguments that matter here. */
export function readRequestOptions(
  generic: GenericArgs,
  definition: Pick<
    CommandDefinition,
    'name' | 'takesReadConcern' | 'takesSnapshot' | 'takesWriteConcern'
  >,
): RequestOptions {
  const { name: command } = definition
  checkApiVersion(generic, command)
  const read = <T>(name: string, type: { read(value: RawValue, field: string): T }) =>
    generic[name] && isGiven(generic[name])
      ? type.read(generic[name], `${command}.${name}`)
      : undefined
  const options = {
    lsid: read('lsid', arg.document),
    txnNumber: read('txnNumber', txnNumber),
    autocommit: read('autocommit', arg.bool),
    startTransaction: read('startTransaction', arg.bool),
    stmtId: read('stmtId', arg.long),
    stmtIds: read('stmtIds', arg.array)?.map((id) => arg.long.read(id, `${command}.stmtIds`)),
    maxTimeMS: read('maxTimeMS', maxTimeMS),
    writeConcern: read('writeConcern', {
      read: (value) => readWriteConcern(value, command, definition.takesWriteConcern === true),
    }),
  }
  checkTransactionOptions(options)
  const starts = options.startTransaction === true
  const takes = (level: string) =>
    starts || definition[level === 'snapshot' ? 'takesSnapshot' : 'takesReadConcern'] === true
  const readConcern = read('readConcern', {
    read: (value) => readReadConcern(value, command, takes),
  })
  return { ...options, readConcern }
}

const txnNumber = {
  read(value: RawValue, field: string): bigint {
    if (value.type !== BsonType.long) throw wrongType(field, value, 'long')
    return value.buf.readBigInt64LE(value.at)
  },
}

const maxTimeMS = {
  read(value: RawValue, field: string): number {
    const ms = arg.number.read(value, field)
    if (!Number.isInteger(ms)) {
      throw new CommandError('FailedToParse', `${field} has non-integral value`)
    }
    if (ms < 0 || ms > 2 ** 31 - 1) {
      throw new CommandError('BadValue', `${ms} value for maxTimeMS is out of range`)
    }
    return ms
  },
}

function checkTransactionOptions(options: RequestOptions): void {
  const refuse = (message: string) => new CommandError('InvalidOptions', message)
  if (options.txnNumber !== undefined && !options.lsid) {
    throw refuse('Transaction number requires a session ID to also be specified')
  }
  if (options.txnNumber !== undefined && options.txnNumber < 0n) {
    throw refuse('Transaction number cannot be negative')
  }
  if (options.autocommit !== undefined) {
    if (options.txnNumber === undefined)
      throw refuse("'autocommit' field requires a transaction number to also be specified")
    if (options.autocommit) throw refuse("'autocommit' field must be false when specified")
  }
  if (options.startTransaction !== undefined) {
    if (options.autocommit === undefined)
      throw refuse("'startTransaction' field requires 'autocommit' field to also be specified")
    if (!options.startTransaction)
      throw refuse("'startTransaction' field must be true when specified")
  }
}
