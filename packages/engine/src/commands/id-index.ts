import { compareValues, decodeDocument, isNumericType, type RawValue } from '@gantry/bson'
import { CommandError } from '../errors.js'
import { type Arg, arg, optional } from './args.js'
import { ownCollationArg } from './collation.js'
import { toNumber } from './long.js'
import { readDocument } from './read-args.js'

const allowed: ReadonlySet<string> = new Set(['key', 'name', 'v', 'ns', 'collation'])

/** Throws unless the specification of the index on `_id`, as `create` may be given it, says what that index is anyway. */
export function checkIdIndex(value: RawValue): void {
  const spec = decodeDocument(value.buf, value.at)
  for (const name of spec.keys()) {
    if (allowed.has(name)) continue
    throw new CommandError(
      'InvalidIndexSpecificationOption',
      `The field '${name}' is not valid for an _id index specification.`,
    )
  }
  for (const name of ['key', 'name']) {
    if (spec.has(name)) continue
    throw new CommandError(
      'FailedToParse',
      `The '${name}' field is a required property of an index specification`,
    )
  }
  const { key, name } = readDocument('create.idIndex', fields, value)
  const pattern = decodeDocument(key.buf, key.at)
  if (pattern.size !== 1 || compareValues(pattern.get('_id'), 1) !== 0) {
    throw new CommandError('BadValue', "The field 'key' for an _id index must be {_id: 1}")
  }
  if (name === '') throw new CommandError('CannotCreateIndex', 'index name cannot be empty')
}

const version: Arg<number> = {
  read(value) {
    if (!isNumericType(value.type)) {
      throw new CommandError('TypeMismatch', "The field 'v' must be a number")
    }
    const v = toNumber(value)
    if (v === 1 || v === 2) return v
    throw new CommandError(
      Number.isInteger(v) ? 'CannotCreateIndex' : 'BadValue',
      `Invalid index specification; cannot create an index with v=${v}`,
    )
  },
}

const fields = {
  key: arg.document,
  name: arg.string,
  v: optional(version),
  ns: optional(arg.string),
  collation: ownCollationArg,
}
