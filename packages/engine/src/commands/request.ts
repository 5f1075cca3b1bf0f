import { BsonType, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { arg, optional, wrongType } from './args.js'

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
}

export type GenericArgs = Readonly<Record<string, RawValue>>

/** Reads and checks the generic arguments that matter here. */
export function readRequestOptions(generic: GenericArgs, command: string): RequestOptions {
  checkReadConcern(generic.readConcern)
  checkWriteConcern(generic.writeConcern)
  const read = <T>(name: string, type: { read(value: RawValue, field: string): T }) =>
    generic[name] && optional(type).read(generic[name], `${command}.${name}`)
  const options = {
    lsid: read('lsid', arg.document),
    txnNumber: read('txnNumber', txnNumber),
    autocommit: read('autocommit', arg.bool),
    startTransaction: read('startTransaction', arg.bool),
    stmtId: read('stmtId', arg.long),
    stmtIds: read('stmtIds', arg.array)?.map((id) => arg.long.read(id, `${command}.stmtIds`)),
    maxTimeMS: read('maxTimeMS', maxTimeMS),
  }
  checkTransactionOptions(options)
  return options
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
      throw new CommandError('BadValue', `${field} has non-integral value`)
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

const readLevels = ['local', 'majority', 'linearizable', 'available', 'snapshot']

function checkReadConcern(value: RawValue | undefined): void {
  if (!value) return
  const concern = arg.value.read(arg.document.read(value, 'readConcern'), 'readConcern')
  const level = concern instanceof Map ? concern.get('level') : undefined
  if (level === undefined || readLevels.includes(level as string)) return
  throw new CommandError(
    'BadValue',
    `Enumeration value '${String(level)}' for field 'readConcern.level' is not a valid value.`,
  )
}

function checkWriteConcern(value: RawValue | undefined): void {
  if (!value) return
  const concern = arg.value.read(arg.document.read(value, 'writeConcern'), 'writeConcern')
  const w = concern instanceof Map ? concern.get('w') : undefined
  if (typeof w === 'number' && w > 1) {
    throw new CommandError('UnsatisfiableWriteConcern', 'Not enough data-bearing nodes')
  }
  if (typeof w === 'string' && w !== 'majority') {
    throw new CommandError(
      'UnknownReplWriteConcern',
      `No write concern mode named '${w}' found in replica set configuration`,
    )
  }
}
