import { BsonType, type RawValue, readName, typeAlias } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type Arg, type ArgsOf, arg, optional, withDefault } from './args.js'
import { collationArg } from './collation.js'
import { hintArg } from './hint.js'
import { readDocument } from './read-args.js'

const updateMods: Arg<RawValue> = {
  takesNull: true,
  read(value) {
    if (value.type === BsonType.object || value.type === BsonType.array) return value
    throw new CommandError(
      'FailedToParse',
      `Update argument must be either an object or an array, but found: ${typeAlias(value.type)}`,
    )
  },
}

const insertArgs = { insert: arg.long, document: arg.document }

const updateArgs = {
  update: arg.long,
  filter: arg.document,
  updateMods,
  multi: withDefault(arg.strictBool, false),
  upsert: withDefault(arg.strictBool, false),
  upsertSupplied: optional(arg.strictBool),
  arrayFilters: optional(arg.documents),
  hint: hintArg,
  sort: optional(arg.document),
  constants: optional(arg.document),
  collation: collationArg,
}

const deleteArgs = {
  delete: arg.long,
  filter: arg.document,
  multi: withDefault(arg.strictBool, false),
  hint: hintArg,
  collation: collationArg,
}

/** One operation of a `bulkWrite`; `target` is the place of its namespace in `nsInfo`. */
export type BulkOperation =
  | { readonly kind: 'insert'; readonly target: number; readonly args: ArgsOf<typeof insertArgs> }
  | { readonly kind: 'update'; readonly target: number; readonly args: ArgsOf<typeof updateArgs> }
  | { readonly kind: 'delete'; readonly target: number; readonly args: ArgsOf<typeof deleteArgs> }

/** Reads an operation: its first field says what it is and where it goes. */
export function readBulkOperation(value: RawValue): BulkOperation {
  const field = 'bulkWrite.ops'
  const kind = value.size > 5 ? readName(value.buf, value.at + 5) : ''
  switch (kind) {
    case 'insert': {
      const args = readDocument(field, insertArgs, value)
      return { kind, target: args.insert, args }
    }
    case 'update': {
      const args = readDocument(field, updateArgs, value)
      return { kind, target: args.update, args }
    }
    case 'delete': {
      const args = readDocument(field, deleteArgs, value)
      return { kind, target: args.delete, args }
    }
    default:
      throw new CommandError(
        'UnknownFieldIDL',
        `BSON field '${field}.${kind}' is an unknown field.`,
      )
  }
}
