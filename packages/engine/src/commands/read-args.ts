import { RawValue, readName, skipCString, someElement, valueSize } from '@gantry/bson'
import type { CommandMessage } from '../engine.js'
import { CommandError } from '../errors.js'
import { type Arg, type ArgsOf, type ArgTable, isGiven } from './args.js'

/** Arguments that every command takes; what they mean is not the command's business. */
const generic: ReadonlySet<string> = new Set([
  '$db',
  'lsid',
  '$clusterTime',
  '$readPreference',
  '$audit',
  '$client',
  '$configServerState',
  '$queryOptions',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
  'maxTimeMSOpOnly',
  'comment',
  'txnNumber',
  'autocommit',
  'startTransaction',
  'stmtId',
  'stmtIds',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'mayBypassWriteBlocking',
  'databaseVersion',
  'shardVersion',
  'rawData',
  'serialization_context',
])

/** Says whether an argument is one that every command takes. */
export function isGenericArg(name: string): boolean {
  return generic.has(name)
}

/** What is worked out once per table. */
interface Prepared {
  readonly args: ReadonlyMap<string, Arg<unknown>>
  readonly defaults: Readonly<Record<string, unknown>>
  readonly required: readonly string[]
}

const prepared = new WeakMap<ArgTable, Prepared>()

function prepare(table: ArgTable): Prepared {
  const known = prepared.get(table)
  if (known) return known
  const args = new Map(Object.entries(table))
  const defaults: Record<string, unknown> = {}
  const required: string[] = []
  for (const [name, { fallback }] of args) {
    if (fallback) defaults[name] = fallback()
    else required.push(name)
  }
  const fresh = { args, defaults, required }
  prepared.set(table, fresh)
  return fresh
}

/** The arguments of one table as they are read. */
class Reading {
  /** Those given; the defaults are its prototype, as copying two dozen takes longer than all of the reading. */
  private readonly values: Record<string, unknown>

  constructor(
    private readonly owner: string,
    private readonly table: Prepared,
  ) {
    this.values = Object.create(table.defaults)
  }

  /** Answers false when there is no argument of the name. */
  read(name: string, value: RawValue): boolean {
    const arg = this.table.args.get(name)
    if (!arg) return false
    this.refuseTwice(name)
    if (arg.takesNull || isGiven(value)) {
      this.values[name] = arg.read(value, `${this.owner}.${name}`)
    }
    return true
  }

  sequence(name: string, docs: readonly Buffer[]): void {
    if (!this.table.args.get(name)?.sequence) throw unknownField(this.owner, name)
    this.refuseTwice(name)
    this.values[name] = docs.map((doc) => RawValue.document(doc))
  }

  finish(): Record<string, unknown> {
    const { owner, table, values } = this
    for (const name of table.required) {
      if (!Object.hasOwn(values, name)) throw missingField(owner, name, table.args.get(name))
    }
    return values
  }

  private refuseTwice(name: string): void {
    if (!Object.hasOwn(this.values, name)) return
    throw new CommandError(
      'DuplicateFieldIDL',
      `BSON field '${this.owner}.${name}' is a duplicate field`,
    )
  }
}

/** Reads a command's arguments from its message, and collects the generic ones. The first element is the argument under the command's own name, also where an alias was called. */
export function readArgs<T extends ArgTable>(
  command: string,
  table: T,
  { body, sequences }: CommandMessage,
  genericArgs: Record<string, RawValue> = {},
  takesAnything = false,
): ArgsOf<T> {
  const reading = new Reading(command, prepare(table))
  let at = 4
  for (let type = body[at]; type !== 0; type = body[at]) {
    const name = at === 4 ? command : readName(body, at + 1)
    const valueAt = skipCString(body, at + 1)
    const size = valueSize(body, type, valueAt)
    const value = new RawValue(body, type, valueAt, size)
    if (!reading.read(name, value)) {
      if (generic.has(name)) genericArgs[name] = value
      else if (!takesAnything) throw unknownField(command, name)
    }
    at = valueAt + size
  }
  if (sequences) for (const [name, docs] of sequences) reading.sequence(name, docs)
  return reading.finish() as ArgsOf<T>
}

/** Reads a document inside a command (an update statement, a cursor's options) by a table of its own. */
export function readDocument<T extends ArgTable>(
  field: string,
  table: T,
  { buf, at: start }: RawValue,
): ArgsOf<T> {
  const reading = new Reading(field, prepare(table))
  someElement(buf, start, (type, at, nameAt) => {
    const name = readName(buf, nameAt)
    const value = new RawValue(buf, type, at, valueSize(buf, type, at))
    if (!reading.read(name, value)) throw unknownField(field, name)
    return false
  })
  return reading.finish() as ArgsOf<T>
}

function missingField(owner: string, name: string, arg: Arg<unknown> | undefined): CommandError {
  return (
    arg?.missing?.() ??
    new CommandError(
      'MissingFieldIDL',
      `BSON field '${owner}.${name}' is missing but a required field`,
    )
  )
}

function unknownField(owner: string, name: string): CommandError {
  return new CommandError('UnknownFieldIDL', `BSON field '${owner}.${name}' is an unknown field.`)
}
